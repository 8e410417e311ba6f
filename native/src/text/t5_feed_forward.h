// T5 v1.1's feed-forward network: wo(gelu(wi_0 x) * wi_1 x), GELU in its tanh form (Shazeer 2020).
#pragma once

#include <string>

#include "graph/graph.h"
#include "nn/linear.h"
#include "text/t5_sizes.h"
#include "text/t5_visibility.h"

namespace chroma::t5 {

class T5FeedForward {
  public:
    T5FeedForward(WeightLoader& loader, const std::string& prefix, const T5Sizes& sizes);

    // x: ggml [hidden, samples * tokens] -> the same
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, const T5Batch& batch) const;

  private:
    std::string prefix_;
    nn::Linear wi_0_;
    nn::Linear wi_1_;
    nn::Linear wo_;
};

}  // namespace chroma::t5
