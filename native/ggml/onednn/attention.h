// Scaled dot-product attention in tiles: o = softmax(scale * q k^T) v (Vaswani et al. 2017), with the running softmax
// that keeps the scores out of memory (Dao et al. 2022).
#pragma once

#include <cstdint>

#include "ggml.h"
#include "onednn/custom.h"
#include "onednn/processor.h"

namespace chroma::onednn {

// Strided float32 [channels, tokens, heads]: channels are contiguous, strides are in floats.
struct HeadRows {
    const float* values = nullptr;
    int64_t row_stride = 0;
    int64_t head_stride = 0;
};

// Rotary embedding of queries and keys while they are read: of each pair of channels (a, b), a cos - b sin and
// b cos + a sin. [channels, tokens], every cos and sin twice.
struct RotaryTables {
    const float* cos = nullptr;  // null: none
    const float* sin = nullptr;
    int64_t row_stride = 0;
};

struct Attention {
    int64_t channels = 0;        // of a head's queries and keys, even
    int64_t value_channels = 0;  // of a head's values, even
    int64_t queries = 0;
    int64_t keys = 0;
    int64_t heads = 0;
    int64_t heads_per_key_head = 1;  // grouped queries: so many heads share one head of keys and values
    float scale = 1.0F;
    HeadRows q, k, v;
    RotaryTables query_rotation, key_rotation;
    float* out = nullptr;
    int64_t out_row_stride = 0;
    int64_t out_head_stride = 0;
};

// Products have float32 sums, and their factors are bf16 with Arithmetic::BF16 where the processor has instructions for
// it, else float32; the softmax is float32. The result does not depend on the number of threads. Throws std::bad_alloc.
void attention(const Attention& task, Arithmetic arithmetic, int threads, Workspace& workspace);

// The same as an operation of a graph. q, k, v: float32 [D, heads, N], rows contiguous, D even -> [D, heads, N]. cos
// and sin: the rotary embedding of queries and keys, [D, 1, N], or null.
ggml_tensor* attention(ggml_context* context, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, ggml_tensor* cos,
                       ggml_tensor* sin, float scale);

}  // namespace chroma::onednn
