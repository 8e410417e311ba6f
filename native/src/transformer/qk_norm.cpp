#include "transformer/qk_norm.h"

namespace chroma {

Heads split_heads(Graph& graph, ggml_tensor* x, int64_t heads, int64_t head_size) {
    const auto third = [&](int64_t index) {
        const size_t head_bytes = static_cast<size_t>(head_size) * x->nb[0];
        return ggml_view_3d(graph.context(), x, head_size, heads, x->ne[1], head_bytes, x->nb[1],
                            static_cast<size_t>(index * heads) * head_bytes);
    };
    return {third(0), third(1), third(2)};
}

QKNorm::QKNorm(WeightLoader& loader, const std::string& prefix, int64_t head_size)
    : name(prefix),
      query_norm(loader, prefix + ".query_norm", head_size),
      key_norm(loader, prefix + ".key_norm", head_size) {}

Heads QKNorm::forward(Graph& graph, const Heads& heads, const TokenStream& stream) const {
    // The attention does it on the way, where it can.
    const Graph::KindScope kind = graph.mark(OperationKind::Attention);
    const TapLayout layout = stream.tap_heads(heads.q->ne[1], heads.q->ne[0]);
    ggml_tensor* q = graph.tap(name + ".query_norm", query_norm.forward(graph, heads.q), layout);
    ggml_tensor* k = graph.tap(name + ".key_norm", key_norm.forward(graph, heads.k), layout);
    return {q, k, heads.v};
}

}  // namespace chroma
