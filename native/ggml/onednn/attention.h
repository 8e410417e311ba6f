// Scaled dot-product attention in tiles: o = softmax(scale * q k^T) v (Vaswani et al. 2017), with the running softmax
// that keeps the scores out of memory (Dao et al. 2022).
#pragma once

#include <span>

#include "ggml.h"

namespace chroma::onednn {

// Float32: products of float32. Half: factors of products are bf16 where the processor has instructions for it, else
// float32. Int8: those of q k^T are rows of int8 (int8/int8.h) where the processor multiplies them faster. Sums and the
// softmax are float32.
enum class AttentionProducts { Float32, Half, Int8 };

// Tokens of one packed tensor: float32 [D, heads, N] each, rows contiguous, D even. Queries and keys may be what
// rms_norm() gives: that is left to the attention where v is a view of the same tensor as what the norms read.
struct AttentionPart {
    ggml_tensor* q;
    ggml_tensor* k;
    ggml_tensor* v;
};

// Which tokens belong to one sample: `count` of a part from `first` on, whose results become rows `out` and up.
struct AttentionRun {
    int32_t part;
    int32_t first;
    int32_t count;
    int32_t out;
};

struct AttentionOperands {
    std::span<const AttentionPart> parts;  // one or two

    // The samples' AttentionRuns, int32 [4, runs of a sample, samples]: each sample's tokens see each other, in the
    // order of its runs. Null: one sample of all tokens.
    ggml_tensor* runs = nullptr;
    int64_t out_tokens = 0;  // with runs: the results' number

    // The rotary embedding of queries and keys, [D, 1, N], every value twice: of each pair of channels (a, b),
    // a cos - b sin and b cos + a sin. A sample of n tokens takes the last n. Null: none.
    ggml_tensor* cos = nullptr;
    ggml_tensor* sin = nullptr;

    float scale = 1.0F;
    AttentionProducts products = AttentionProducts::Float32;
    ggml_type to = GGML_TYPE_F32;  // of the result: F32 or BF16
};

// [D of v, heads, N]. The result does not depend on the number of threads.
ggml_tensor* attention(ggml_context* context, const AttentionOperands& operands);

// The same into the first channels of `into`, [at least D of v * heads, N], which has the result's type.
ggml_tensor* attention_into(ggml_context* context, ggml_tensor* into, const AttentionOperands& operands);

}  // namespace chroma::onednn
