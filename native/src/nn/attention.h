// Scaled dot-product attention (Vaswani et al. 2017).
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace chroma::nn {

// The numbers whose products are added up, in float32 anyway: those of float32 models; half-precision ones, which do
// for models with other weights and are faster on some devices; or int8 ones between queries and keys, for int8 models.
enum class Products { Float32, Half, Int8 };

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

// Attention of packed samples in one operation, where the graph's kernels have one (Graph::fuses()).
struct PackedAttention {
    // One or two packed tensors of tokens, each with queries, keys and values: ggml [D, H, N].
    struct Part {
        ggml_tensor* q;
        ggml_tensor* k;
        ggml_tensor* v;
    };
    std::vector<Part> parts;

    // Which tokens a sample has: `count` of a part from `first` on, whose results are rows `out` and up.
    struct Run {
        int32_t part;
        int32_t first;
        int32_t count;
        int32_t out;
    };
    std::vector<Run> runs;  // of all samples, each as many as the others
    int64_t samples = 1;

    float scale = 1.0F;
    Products products = Products::Float32;
    ggml_tensor* cos = nullptr;  // as in AttentionOptions; a sample of n tokens takes the last n
    ggml_tensor* sin = nullptr;
};

// [D * H, tokens] of type `to`: F32, or what Graph::input_type() says.
ggml_tensor* attention(Graph& graph, const PackedAttention& packed, ggml_type to);

// The same into the first channels of `into`, ggml [at least D * H, tokens].
ggml_tensor* attention_into(Graph& graph, ggml_tensor* into, const PackedAttention& packed);

// The most operations that one call adds to a graph.
[[nodiscard]] int64_t attention_nodes(int64_t queries, int64_t keys, int64_t heads);

}  // namespace chroma::nn
