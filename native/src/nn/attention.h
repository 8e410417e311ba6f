// Scaled dot-product attention (Vaswani et al. 2017).
#pragma once

#include "graph/graph.h"

namespace chroma::nn {

// q: ggml [D, H, Nq], k and v: ggml [D, H, Nk], float32, rows contiguous (views allowed). Returns [D * H, Nq].
// bias: null, or float32 ggml [Nk, Nq, H or 1], added to the scores before the softmax (-inf hides a key).
// Queries are taken in chunks so that the scores stay within a bounded memory.
ggml_tensor* attention(Graph& graph, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, float scale,
                       ggml_tensor* bias = nullptr);

// The most operations that one call adds to a graph.
[[nodiscard]] int64_t attention_nodes(int64_t queries, int64_t keys, int64_t heads);

}  // namespace chroma::nn
