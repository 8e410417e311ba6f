// The tensors of one loaded model: some in memory of their own, some where their file is mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "graph/engine.h"
#include "weights/checkpoint.h"
#include "weights/weight_loader.h"

namespace chroma {

class LoadedWeights final : public Weights {
  public:
    // context: the tensors' descriptions, as yet without a place.
    LoadedWeights(std::shared_ptr<Engine> engine, ContextPtr context, int64_t parameters);

    // Points a tensor at its bytes in the checkpoint's mapping, which stays mapped as long as this lives.
    void map(const std::shared_ptr<const Checkpoint>& checkpoint, const StoredTensor& stored, ggml_tensor* tensor);

    // Gives every tensor without a place one in a buffer of this type. Throws OUT_OF_MEMORY naming the bytes needed.
    void allocate(ggml_backend_buffer_type_t type);

    [[nodiscard]] int64_t owned_bytes() const override { return owned_bytes_; }
    [[nodiscard]] int64_t mapped_bytes() const override { return mapped_bytes_; }
    [[nodiscard]] int64_t parameter_count() const override { return parameters_; }

  private:
    std::shared_ptr<Engine> engine_;
    std::shared_ptr<const Checkpoint> checkpoint_;  // kept only while something is mapped
    ContextPtr context_;
    std::unordered_map<size_t, BufferPtr> mappings_;  // by file
    BufferPtr buffer_;
    int64_t parameters_;
    int64_t owned_bytes_ = 0;
    int64_t mapped_bytes_ = 0;
};

}  // namespace chroma
