// The tensors of one loaded model: some in memory of their own, some where their file is mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/engine.h"
#include "weights/checkpoint.h"
#include "weights/weight_loader.h"

namespace chroma {

class LoadedWeights final : public Weights {
  public:
    // context: the tensors' descriptions, as yet without a place.
    // path: the checkpoint's.
    LoadedWeights(std::shared_ptr<Engine> engine, ContextPtr context, std::string path, int64_t parameters);

    // Notes where a tensor is from: for a whole of several parts, the first of them.
    void add(const ggml_tensor* tensor, const StoredTensor& stored);

    // Points a tensor at its bytes in the checkpoint's mapping, which stays mapped as long as this lives.
    void map(const std::shared_ptr<const Checkpoint>& checkpoint, const StoredTensor& stored, ggml_tensor* tensor);

    // Gives every tensor without a place one in a buffer of this type. Throws OUT_OF_MEMORY naming the bytes needed.
    void allocate(ggml_backend_buffer_type_t type);

    void check() const override;
    [[nodiscard]] std::optional<BadWeight> find_bad_weight() const override;
    [[nodiscard]] const std::string& path() const override { return path_; }
    [[nodiscard]] int64_t owned_bytes() const override { return owned_bytes_; }
    [[nodiscard]] int64_t mapped_bytes() const override { return mapped_bytes_; }
    [[nodiscard]] int64_t parameter_count() const override { return parameters_; }

  private:
    struct Source {
        const ggml_tensor* tensor;
        std::string file;
        std::string name;
    };

    std::shared_ptr<Engine> engine_;
    std::shared_ptr<const Checkpoint> checkpoint_;  // kept only while something is mapped
    ContextPtr context_;
    std::string path_;
    std::vector<Source> sources_;
    std::unordered_map<size_t, BufferPtr> mappings_;  // by file
    BufferPtr buffer_;
    int64_t parameters_;
    int64_t owned_bytes_ = 0;
    int64_t mapped_bytes_ = 0;
};

}  // namespace chroma
