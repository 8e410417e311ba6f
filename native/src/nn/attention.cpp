#include "nn/attention.h"

#include <algorithm>
#include <array>

#include "nn/concat.h"
#include "nn/rope.h"

namespace chroma::nn {

namespace {

// Scores of one chunk of queries, all heads: at most this many bytes.
constexpr int64_t kMaxScoreBytes = 256LL << 20;

// Queries in one chunk.
int64_t chunk_size(int64_t queries, int64_t keys, int64_t heads) {
    const int64_t row_bytes = keys * heads * static_cast<int64_t>(sizeof(float));
    return std::clamp<int64_t>(kMaxScoreBytes / row_bytes, 1, queries);
}

}  // namespace

ggml_tensor* attention(Graph& graph, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, const AttentionOptions& options) {
#ifdef CHROMA_HAS_ONEDNN
    if (graph.fuses() && options.bias == nullptr && q->ne[0] % 2 == 0 && q->ne[2] == k->ne[2]) {
        const Graph::KindScope kind = graph.mark(OperationKind::Attention);
        const std::array parts{onednn::AttentionPart{q, k, v}};
        ggml_tensor* out = onednn::attention(graph.context(), {.parts = parts,
                                                               .cos = options.cos,
                                                               .sin = options.sin,
                                                               .scale = options.scale,
                                                               .products = options.products});
        return ggml_reshape_2d(graph.context(), out, out->ne[0] * out->ne[1], out->ne[2]);
    }
#endif
    if (options.cos != nullptr) {
        q = rope(graph, q, options.cos, options.sin);
        k = rope(graph, k, options.cos, options.sin);
    }
    const Graph::KindScope kind = graph.mark(OperationKind::Attention);
    ggml_context* context = graph.context();
    const int64_t head_size = q->ne[0];
    const int64_t heads = q->ne[1];
    const int64_t queries = q->ne[2];
    const int64_t keys = k->ne[2];

    ggml_tensor* by_head_q = ggml_permute(context, q, 0, 2, 1, 3);                   // [D, Nq, H]
    ggml_tensor* by_head_k = ggml_permute(context, k, 0, 2, 1, 3);                   // [D, Nk, H]
    ggml_tensor* values = ggml_cont(context, ggml_permute(context, v, 1, 2, 0, 3));  // [Nk, D, H]

    const int64_t chunk = chunk_size(queries, keys, heads);
    std::vector<ggml_tensor*> parts;
    for (int64_t first = 0; first < queries; first += chunk) {
        const int64_t count = std::min(chunk, queries - first);
        ggml_tensor* part = ggml_view_3d(context, by_head_q, head_size, count, heads, by_head_q->nb[1],
                                         by_head_q->nb[2], static_cast<size_t>(first) * by_head_q->nb[1]);
        part = ggml_cont(context, part);                               // ggml's fast kernels want it so
        ggml_tensor* scores = ggml_mul_mat(context, by_head_k, part);  // [Nk, count, H]
        ggml_prec_set_acc(scores, GGML_PREC_F32);
        if (options.bias != nullptr) {
            ggml_tensor* part_bias =
                ggml_view_3d(context, options.bias, keys, count, options.bias->ne[2], options.bias->nb[1],
                             options.bias->nb[2], static_cast<size_t>(first) * options.bias->nb[1]);
            scores = ggml_add_inplace(context, ggml_scale_inplace(context, scores, options.scale), part_bias);
            scores = ggml_soft_max_inplace(context, scores);
        } else {
            scores = ggml_soft_max_ext_inplace(context, scores, nullptr, options.scale, 0.0F);
        }
        ggml_tensor* out = ggml_mul_mat(context, values, scores);  // [D, count, H]
        parts.push_back(ggml_cont_2d(context, ggml_permute(context, out, 0, 2, 1, 3), head_size * heads, count));
    }
    return concat(graph, std::move(parts), 1);
}

int64_t attention_nodes(int64_t queries, int64_t keys, int64_t heads) {
    constexpr int64_t kPerCall = 4;
    constexpr int64_t kPerChunk = 11;
    const int64_t chunk = chunk_size(queries, keys, heads);
    return kPerCall + kPerChunk * ((queries + chunk - 1) / chunk);
}

}  // namespace chroma::nn
