// Products of bfloat16 by AVX-512's own instructions, for many rows of x.
//
// oneDNN's fastest kernel takes rows of x and of the result only where nothing lies between them, and keeps all
// channels of 64 columns at hand, which beyond 4,096 channels are more than the second-level cache holds. These take
// rows where they are and some of the channels at a time.
#pragma once

#include <cstdint>

#include "onednn/gelu_rows.h"

namespace chroma::onednn {

// True where this processor has the instructions, and none that are faster still and oneDNN's to use (AMX).
bool has_products_bf16();

// Some channels of a product y[rows, n] = x[rows, k] W[n, k]^T + bias.
struct SliceBf16 {
    const bf16* x;     // the first of these channels in the first row
    int64_t x_stride;  // k
    int64_t rows;
    int64_t channels;   // a multiple of kPackedRows
    bool first;         // y is set by the first slice, added to by the others
    bool last;          // bias comes with the last
    const float* bias;  // of the panel's columns; null: none
    float* y;           // the panel's first column in the first row
    int64_t y_stride;   // n
    GeluRows gelu;      // written by the last slice instead of y
    bool past_caches;   // the result is too large for them, and is written past them where the processor can
};

// Multiplies these channels of x with those of a panel of `columns` rows of W, a multiple of kPackedColumns, in the
// order of pack.h.
void multiply_bf16(const SliceBf16& slice, const bf16* panel, int64_t columns);

}  // namespace chroma::onednn
