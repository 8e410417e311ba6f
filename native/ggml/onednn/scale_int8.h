// The last step of a product of int8: sums become floats.
#pragma once

#include <cstdint>

namespace chroma::onednn {

// What turns the sums of some columns into floats: y = (sum - zero) * (scale of the row * scale of the column) + bias.
struct ColumnScales {
    const float* scales;
    const int32_t* zeros;  // null: none
    const float* bias;     // null: none
    int64_t columns;
};

// Scales sums[rows][columns], contiguous, to y, whose rows are `stride` apart. y is larger than a cache and is not read
// again soon, so it is written past the caches where the processor can.
void scale_int8(const ColumnScales& columns, const float* row_scales, int64_t rows, const int32_t* sums, float* y,
                int64_t stride);

}  // namespace chroma::onednn
