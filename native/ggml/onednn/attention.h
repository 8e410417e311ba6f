// Scaled dot-product attention in tiles: o = softmax(scale * q k^T) v (Vaswani et al. 2017), with the running softmax
// that keeps the scores out of memory (Dao et al. 2022).
#pragma once

#include "ggml.h"

namespace chroma::onednn {

// Float32: products of float32. Half: factors of products are bf16 where the processor has instructions for it, else
// float32. Int8: those of q k^T are rows of int8 (int8/int8.h) where the processor multiplies them faster. Sums and the
// softmax are float32.
enum class AttentionProducts { Float32, Half, Int8 };

// q, k, v: float32 [D, heads, N], rows contiguous, D even -> [D, heads, N]. cos and sin: the rotary embedding of
// queries and keys, [D, 1, N], every value twice: of each pair of channels (a, b), a cos - b sin and b cos + a sin.
// Null: none. The result does not depend on the number of threads.
ggml_tensor* attention(ggml_context* context, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, ggml_tensor* cos,
                       ggml_tensor* sin, float scale, AttentionProducts products);

}  // namespace chroma::onednn
