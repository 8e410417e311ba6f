#include "transformer/block_context.h"

#include <cmath>

namespace chroma {

ggml_tensor* attend(const BlockContext& context, int64_t sample, const Heads& heads, nn::Products products) {
    Graph& graph = context.graph;
    const TokenSlice& slice = context.tokens.joint.slice(sample);
    ggml_tensor* cos = slice_heads(graph, context.rope.cos, slice);
    ggml_tensor* sin = slice_heads(graph, context.rope.sin, slice);
    ggml_tensor* q = nn::rope(graph, heads.q, cos, sin);
    ggml_tensor* k = nn::rope(graph, heads.k, cos, sin);
    const float scale = 1.0F / std::sqrt(static_cast<float>(q->ne[0]));
    return nn::attention(graph, q, k, heads.v, scale, products);
}

}  // namespace chroma
