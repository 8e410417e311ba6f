#include "text/t5_encoder.h"

#include "nn/attention.h"
#include "nn/norm.h"
#include "text/t5_taps.h"

namespace chroma::t5 {

T5Encoder::T5Encoder(WeightLoader& loader)
    : sizes_(T5Sizes::infer(loader)),
      embedding_(loader.declare(embedding_name(loader), {sizes_.vocabulary, sizes_.hidden}, WeightKind::Embedding)),
      relative_bias_(loader.declare("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                                    {sizes_.buckets.count, sizes_.heads}, WeightKind::Vector)) {
    blocks_.reserve(static_cast<size_t>(sizes_.layers));
    for (int i = 0; i < sizes_.layers; ++i) {
        blocks_.emplace_back(loader, "encoder.block." + std::to_string(i), sizes_);
    }
    final_norm_ = loader.declare("encoder.final_layer_norm.weight", {sizes_.hidden}, WeightKind::Vector);
}

size_t T5Encoder::max_nodes(const T5Batch& batch) const {
    constexpr int64_t kPerBlock = 64;
    constexpr int64_t kPerSample = 16;  // one sample's bias, or its views in one block
    constexpr int64_t kRest = 64;
    const int64_t per_sample = kPerSample + nn::attention_nodes(batch.tokens, batch.tokens, sizes_.heads);
    return static_cast<size_t>(kRest + kPerSample * batch.samples +
                               (kPerBlock + per_sample * batch.samples) * sizes_.layers);
}

ggml_tensor* T5Encoder::forward(Graph& graph, ggml_tensor* ids, const T5Batch& batch) const {
    ggml_tensor* x = ggml_get_rows(graph.context(), embedding_, ids);
    tap_tokens(graph, "shared", x, batch);
    tap_tokens(graph, "encoder.embed_tokens", x, batch);

    const std::vector<T5Visibility> visibility = make_visibility(graph, relative_bias_, batch, sizes_.buckets);
    for (const T5Block& block : blocks_) {
        x = graph.block_end(block.forward(graph, x, batch, visibility));
    }
    x = nn::rms_norm(graph, x, final_norm_);
    tap_tokens(graph, "encoder.final_layer_norm", x, batch);
    return tap_tokens(graph, "encoder", x, batch);
}

void T5Encoder::show_position_bias(Graph& graph, int64_t tokens) const {
    t5::show_position_bias(graph, relative_bias_, tokens, sizes_.buckets);
}

}  // namespace chroma::t5
