// Scaled dot-product attention (Vaswani et al. 2017).
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "onednn/attention.h"

namespace chroma::nn {

// The numbers whose products are added up, in float32 anyway: those of float32 models; half-precision ones, which do
// for models with other weights and are faster on some devices; or int8 ones between queries and keys, for int8 models.
using Products = onednn::AttentionProducts;

// What a model with this weight wants.
[[nodiscard]] inline Products products_of(const ggml_tensor* weight) {
    return weight->type == GGML_TYPE_F32  ? Products::Float32
           : weight->type == GGML_TYPE_I8 ? Products::Int8
                                          : Products::Half;
}

struct AttentionOptions {
    float scale = 1.0F;
    Products products = Products::Float32;

    // Rotary embedding of queries and keys (rope.h), ggml [D, 1, N] each; null: none.
    ggml_tensor* cos = nullptr;
    ggml_tensor* sin = nullptr;

    // Float32 ggml [Nk, Nq, H or 1], added to the scores before the softmax (-inf hides a key); null: none.
    ggml_tensor* bias = nullptr;
};

// q: ggml [D, H, Nq], k and v: ggml [D, H, Nk], float32, rows contiguous (views allowed). Returns [D * H, Nq].
// Without a bias it is one operation on oneDNN. Otherwise queries are taken in chunks so that the scores stay within a
// bounded memory, and products are those of float32.
ggml_tensor* attention(Graph& graph, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, const AttentionOptions& options);

// The most operations that one call adds to a graph.
[[nodiscard]] int64_t attention_nodes(int64_t queries, int64_t keys, int64_t heads);

}  // namespace chroma::nn
