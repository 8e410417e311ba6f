#include "weights/loaded_weights.h"

#include <new>
#include <span>
#include <utility>

#include "common/error.h"
#include "ggml-alloc.h"
#include "ggml.h"

namespace chroma {

LoadedWeights::LoadedWeights(std::shared_ptr<Engine> engine, ContextPtr context, int64_t parameters)
    : engine_(std::move(engine)), context_(std::move(context)), parameters_(parameters) {}

void LoadedWeights::map(const std::shared_ptr<const Checkpoint>& checkpoint, const StoredTensor& stored,
                        ggml_tensor* tensor) {
    checkpoint_ = checkpoint;
    BufferPtr& buffer = mappings_[stored.file_index];
    if (buffer == nullptr) {
        const std::span<const std::byte> bytes = checkpoint->files()[stored.file_index].bytes();
        // ggml has no pointers to const; a buffer of weights is only read.
        buffer.reset(ggml_backend_cpu_buffer_from_ptr(const_cast<std::byte*>(bytes.data()), bytes.size()));
        if (buffer == nullptr) {
            throw std::bad_alloc();
        }
        ggml_backend_buffer_set_usage(buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    }
    if (ggml_backend_tensor_alloc(buffer.get(), tensor, const_cast<std::byte*>(stored.data.data())) !=
        GGML_STATUS_SUCCESS) {
        fail(CHROMA_ERROR_INTERNAL, "The tensor '", stored.name, "' can't be placed where it is mapped.");
    }
    mapped_bytes_ += static_cast<int64_t>(stored.data.size());
}

void LoadedWeights::allocate(ggml_backend_buffer_type_t type) {
    const size_t bytes = ggml_backend_alloc_ctx_tensors_from_buft_size(context_.get(), type);
    if (bytes == 0) {
        return;
    }
    buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), type));
    if (buffer_ == nullptr) {
        fail(CHROMA_ERROR_OUT_OF_MEMORY, "Out of memory: the weights need ", bytes, " bytes of ",
             ggml_backend_buft_name(type), " memory.");
    }
    ggml_backend_buffer_set_usage(buffer_.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    owned_bytes_ = static_cast<int64_t>(ggml_backend_buffer_get_size(buffer_.get()));
}

}  // namespace chroma
