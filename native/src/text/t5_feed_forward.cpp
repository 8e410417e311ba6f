#include "text/t5_feed_forward.h"

#include "nn/activation.h"
#include "text/t5_taps.h"
#include "text/wide_range.h"

namespace chroma::t5 {

T5FeedForward::T5FeedForward(WeightLoader& loader, const std::string& prefix, const T5Sizes& sizes)
    : prefix_(prefix),
      wi_0_(loader, prefix + ".wi_0", sizes.hidden, sizes.feed_forward, false),
      wi_1_(loader, prefix + ".wi_1", sizes.hidden, sizes.feed_forward, false),
      wo_(loader, prefix + ".wo", sizes.feed_forward, sizes.hidden, false) {}

ggml_tensor* T5FeedForward::forward(Graph& graph, ggml_tensor* x, const T5Batch& batch) const {
    ggml_tensor* gate = tap_tokens(graph, prefix_ + ".wi_0", wi_0_.forward(graph, x), batch);
    gate = tap_tokens(graph, prefix_ + ".act", nn::gelu_tanh(graph, gate), batch);
    ggml_tensor* value = tap_tokens(graph, prefix_ + ".wi_1", wi_1_.forward(graph, x), batch);
    ggml_tensor* out = wide_range_linear(graph, wo_, ggml_mul(graph.context(), gate, value));
    tap_tokens(graph, prefix_ + ".wo", out, batch);
    return tap_tokens(graph, prefix_, out, batch);
}

}  // namespace chroma::t5
