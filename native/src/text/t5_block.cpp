#include "text/t5_block.h"

#include "nn/norm.h"
#include "text/t5_taps.h"

namespace chroma::t5 {

T5Block::T5Block(WeightLoader& loader, const std::string& prefix, const T5Sizes& sizes)
    : prefix_(prefix),
      attention_norm_(loader.declare(prefix + ".layer.0.layer_norm.weight", {sizes.hidden}, WeightKind::Vector)),
      attention_(loader, prefix + ".layer.0.SelfAttention", sizes),
      feed_forward_norm_(loader.declare(prefix + ".layer.1.layer_norm.weight", {sizes.hidden}, WeightKind::Vector)),
      feed_forward_(loader, prefix + ".layer.1.DenseReluDense", sizes) {}

ggml_tensor* T5Block::forward(Graph& graph, ggml_tensor* x, const T5Batch& batch,
                              const std::vector<T5Visibility>& visibility) const {
    ggml_context* context = graph.context();
    ggml_tensor* normed = nn::rms_norm(graph, x, attention_norm_);
    tap_tokens(graph, prefix_ + ".layer.0.layer_norm", normed, batch);
    x = ggml_add(context, x, attention_.forward(graph, normed, batch, visibility));
    tap_tokens(graph, prefix_ + ".layer.0", x, batch);

    normed = nn::rms_norm(graph, x, feed_forward_norm_);
    tap_tokens(graph, prefix_ + ".layer.1.layer_norm", normed, batch);
    x = ggml_add(context, x, feed_forward_.forward(graph, normed, batch));
    tap_tokens(graph, prefix_ + ".layer.1", x, batch);
    return tap_tokens(graph, prefix_, x, batch);
}

}  // namespace chroma::t5
