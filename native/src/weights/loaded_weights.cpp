#include "weights/loaded_weights.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <span>
#include <utility>

#include "common/error.h"
#include "common/finite.h"
#include "ggml-alloc.h"
#include "ggml.h"
#include "weights/parallel.h"

namespace chroma {

namespace {

// The first value of a tensor that is infinite or NaN.
std::optional<float> find_bad_value(const ggml_tensor* tensor) {
    constexpr int64_t kAtOnce = 1 << 16;  // a multiple of every block
    const ggml_to_float_t to_float = ggml_get_type_traits(tensor->type)->to_float;
    if (tensor->type != GGML_TYPE_F32 && to_float == nullptr) {
        return std::nullopt;  // whole numbers
    }
    std::vector<std::byte> bytes(ggml_row_size(tensor->type, kAtOnce));
    std::vector<float> values(static_cast<size_t>(kAtOnce));
    for (int64_t first = 0; first < ggml_nelements(tensor); first += kAtOnce) {
        const int64_t count = std::min(kAtOnce, ggml_nelements(tensor) - first);
        values.resize(static_cast<size_t>(count));
        const size_t offset = ggml_row_size(tensor->type, first);
        if (tensor->type == GGML_TYPE_F32) {
            ggml_backend_tensor_get(tensor, values.data(), offset, values.size() * sizeof(float));
        } else {
            ggml_backend_tensor_get(tensor, bytes.data(), offset, ggml_row_size(tensor->type, count));
            to_float(bytes.data(), values.data(), count);
        }
        if (!all_finite(values)) {
            return *std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
        }
    }
    return std::nullopt;
}

}  // namespace

LoadedWeights::LoadedWeights(std::shared_ptr<Engine> engine, ContextPtr context, std::string path, int64_t parameters)
    : engine_(std::move(engine)), context_(std::move(context)), path_(std::move(path)), parameters_(parameters) {}

void LoadedWeights::add(const ggml_tensor* tensor, const StoredTensor& stored) {
    sources_.push_back({tensor, stored.file, stored.name});
}

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

std::optional<BadWeight> LoadedWeights::find_bad_weight() const {
    std::vector<std::optional<float>> bad(sources_.size());
    for_each_piece(
        static_cast<int64_t>(sources_.size()), engine_->threads(),
        [&](int64_t i) { bad[static_cast<size_t>(i)] = find_bad_value(sources_[static_cast<size_t>(i)].tensor); },
        [] {});
    const auto first = std::find_if(bad.begin(), bad.end(), [](const auto& value) { return value.has_value(); });
    if (first == bad.end()) {
        return std::nullopt;
    }
    const Source& source = sources_[static_cast<size_t>(first - bad.begin())];
    return BadWeight{source.file, source.name, **first};
}

void LoadedWeights::check() const {
    for (const auto& [file, buffer] : mappings_) {
        checkpoint_->files()[file].check();
    }
}

}  // namespace chroma
