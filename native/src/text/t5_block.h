// One block of T5: attention, then the feed-forward network, each on the normed input and added to it.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "text/t5_attention.h"
#include "text/t5_feed_forward.h"

namespace chroma::t5 {

class T5Block {
  public:
    T5Block(WeightLoader& loader, const std::string& prefix, const T5Sizes& sizes);

    // x: ggml [hidden, samples * tokens] -> the same
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, const T5Batch& batch,
                         const std::vector<T5Visibility>& visibility) const;

  private:
    std::string prefix_;
    ggml_tensor* attention_norm_;
    T5Attention attention_;
    ggml_tensor* feed_forward_norm_;
    T5FeedForward feed_forward_;
};

}  // namespace chroma::t5
