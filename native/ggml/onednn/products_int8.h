// Products of int8 by AVX-512's own instructions (VNNI), for many rows of x; products_bf16.h is the same for bfloat16.
// They are exact, so only the last step rounds: sums become floats.
#pragma once

#include <cstdint>

#include "onednn/gelu_rows.h"

namespace chroma::onednn {

// True where this processor has the instructions, and none that are faster still and oneDNN's to use (AMX).
bool has_products_int8();

// VNNI multiplies unsigned bytes by signed ones: values of x are given as value + kUnsignedZero.
inline constexpr int kUnsignedZero = 128;

// What turns sums into floats: y = (sum - kUnsignedZero * sum of the weights) * (scale of the row * scale of the
// column)
// + bias.
struct Scales {
    const float* rows;
    const float* columns;
    const int32_t* weight_sums;  // of the columns
    const float* bias;           // of the columns; null: none
};

// Some channels of a product y[rows, n] = x[rows, k] W[n, k]^T.
struct SliceInt8 {
    const uint8_t* x;  // the first of these channels in the first row
    int64_t x_stride;  // k
    int64_t rows;
    int64_t channels;  // a multiple of kPackedInt8Rows
    bool first;        // sums are set by the first slice, added to by the others; between slices y holds them as int32
    bool last;         // sums become floats in the last
    Scales scales;     // of the panel's columns
    float* y;          // the panel's first column in the first row
    int64_t y_stride;  // n
    GeluRows gelu;     // written by the last slice instead of y
    bool past_caches;  // the result is too large for them, and is written past them where the processor can
};

// Multiplies these channels of x with those of a panel of `columns` rows of W, a multiple of kPackedInt8Columns, in the
// order of pack_int8.h.
void multiply_int8(const SliceInt8& slice, const int8_t* panel, int64_t columns);

}  // namespace chroma::onednn
