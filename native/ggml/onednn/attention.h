// Scaled dot-product attention in tiles: o = softmax(scale * q k^T) v (Vaswani et al. 2017), with the running softmax
// that keeps the scores out of memory (Dao et al. 2022).
#pragma once

#include <cstdint>

#include "ggml.h"
#include "onednn/aligned_buffer.h"
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

// Memory that is kept from one call to the next.
struct AttentionWorkspace {
    AlignedBuffer packed;
    AlignedBuffer scratch;
};

// Products have float32 sums, and their factors are bf16 with Arithmetic::BF16 where the processor has instructions for
// it, else float32; the softmax is float32. The result does not depend on the number of threads. Throws std::bad_alloc.
void attention(const Attention& task, Arithmetic arithmetic, int threads, AttentionWorkspace& workspace);

// ggml's GGML_OP_FLASH_ATTN_EXT without mask, bias and soft cap, on float32 tensors with contiguous rows. It is bf16
// unless its precision is set to GGML_PREC_F32.
bool supports_attention(const ggml_tensor* node);
void attention(const ggml_tensor* node, int threads, AttentionWorkspace& workspace);

}  // namespace chroma::onednn
