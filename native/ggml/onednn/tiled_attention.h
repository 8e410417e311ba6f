// The computation behind attention.h, for one sample.
#pragma once

#include <cstdint>
#include <vector>

#include "onednn/attention_kernels.h"
#include "onednn/custom.h"

namespace chroma::onednn {

// Strided float32 [channels, tokens, heads]: channels are contiguous, strides are in floats.
struct HeadRows {
    const float* values = nullptr;
    int64_t row_stride = 0;
    int64_t head_stride = 0;

    // x / rms(x) * norm_scale of each row; null: rows as they are.
    const float* norm_scale = nullptr;
    float norm_epsilon = 0;
};

// [channels, tokens]
struct RotaryTables {
    const float* cos = nullptr;  // null: none
    const float* sin = nullptr;
    int64_t row_stride = 0;
};

// Tokens that lie one behind the other.
struct TokenRun {
    HeadRows q, k, v;
    int64_t count = 0;
    std::byte* out = nullptr;  // the first one's row
};

// What the tokens of one sample are.
struct AttentionSample {
    std::vector<TokenRun> runs;       // its own
    int64_t first_row = 0;            // of the rotary tables, for the first of them
    std::byte* shared_out = nullptr;  // what comes of shared tokens in this sample
};

// Samples, each of whose tokens see each other. Tokens that all of them share meet each other once.
struct AttentionTask {
    int64_t channels = 0;        // of a head's queries and keys, even
    int64_t value_channels = 0;  // of a head's values, even
    int64_t heads = 0;
    float scale = 1.0F;
    TokenRun shared;               // none: 0 tokens, and one sample
    int64_t shared_first_row = 0;  // as in AttentionSample
    std::vector<AttentionSample> samples;
    RotaryTables rotation;       // of queries and keys
    bool to_bf16 = false;        // the results: float32 or bfloat16
    int64_t out_row_stride = 0;  // in elements
    int64_t out_head_stride = 0;
};

void attend_in_tiles(const AttentionTask& task, const AttentionKernels& kernels, int threads, Workspace& workspace);

}  // namespace chroma::onednn
