// Products of bfloat16 with few rows of x, by AVX-512's own instructions: W is read once, row by row as it lies, so
// that nothing but memory holds them up.
#pragma once

#include <cstdint>

#include "numbers/bf16.h"

namespace chroma::onednn {

// From this many rows of x on, rearranging pays (linear.cpp).
inline constexpr int64_t kFewRows = 19;

// True where this processor has the instructions and rows of k values are whole vectors.
bool has_few_rows_bf16(int64_t k);

// y[m, n] = x[m, k] W[n, k]^T + bias
struct FewRows {
    const bf16* x;
    int64_t m;
    int64_t k;
    const bf16* w;      // some rows of W
    int64_t rows;       // how many
    bool from_memory;   // W is not in the caches, and more rows follow
    const float* bias;  // of these rows; null: none
    float* y;           // their first column in the first row
    int64_t y_stride;   // n
};

void multiply_few_rows_bf16(const FewRows& product);

}  // namespace chroma::onednn
