#include "transformer/block_context.h"

#include <cmath>

namespace chroma {

ggml_tensor* attend(const BlockContext& context, int64_t sample, const Heads& heads, nn::Products products) {
    Graph& graph = context.graph;
    const TokenSlice& slice = context.tokens.joint.slice(sample);
    return nn::attention(graph, heads.q, heads.k, heads.v,
                         {.scale = 1.0F / std::sqrt(static_cast<float>(heads.q->ne[0])),
                          .products = products,
                          .cos = slice_heads(graph, context.rope.cos, slice),
                          .sin = slice_heads(graph, context.rope.sin, slice)});
}

}  // namespace chroma
