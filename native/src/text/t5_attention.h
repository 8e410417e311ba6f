// T5's self-attention: no scale, a position bias instead of positions.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "nn/linear.h"
#include "text/t5_sizes.h"
#include "text/t5_visibility.h"

namespace chroma::t5 {

class T5Attention {
  public:
    T5Attention(WeightLoader& loader, const std::string& prefix, const T5Sizes& sizes);

    // x: ggml [hidden, samples * tokens] -> the same. softmax(q k^T + bias) v for each sample, then `o`.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, const T5Batch& batch,
                         const std::vector<T5Visibility>& visibility) const;

  private:
    [[nodiscard]] ggml_tensor* attend(Graph& graph, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, int64_t sample,
                                      int64_t tokens, const T5Visibility& sees) const;

    std::string prefix_;
    int64_t heads_;
    int64_t head_size_;
    nn::Linear q_;
    nn::Linear k_;
    nn::Linear v_;
    nn::Linear o_;
};

}  // namespace chroma::t5
