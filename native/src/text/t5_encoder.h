// The encoder of T5 v1.1 (Raffel et al. 2020), under the names of Hugging Face's checkpoints.
#pragma once

#include <vector>

#include "graph/graph.h"
#include "text/t5_block.h"
#include "text/t5_sizes.h"
#include "text/t5_visibility.h"

namespace chroma::t5 {

class T5Encoder {
  public:
    explicit T5Encoder(WeightLoader& loader);

    [[nodiscard]] const T5Sizes& sizes() const { return sizes_; }

    // Operations that the graph of a batch needs at most.
    [[nodiscard]] size_t max_nodes(const T5Batch& batch) const;

    // ids: I32 [samples * tokens] -> states: ggml [hidden, samples * tokens]
    ggml_tensor* forward(Graph& graph, ggml_tensor* ids, const T5Batch& batch) const;

    // Adds the position bias of prompts of this length for listeners (kPositionBiasTap).
    void show_position_bias(Graph& graph, int64_t tokens) const;

  private:
    T5Sizes sizes_;
    ggml_tensor* embedding_;
    ggml_tensor* relative_bias_;
    std::vector<T5Block> blocks_;
    ggml_tensor* final_norm_;
};

}  // namespace chroma::t5
