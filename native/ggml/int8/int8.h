// Rows of float32 as int8 with one scale each.
//
// An outlier among thousands of values would take all the resolution of such a row, so rows are rotated first: blocks
// of values are multiplied by a Hadamard matrix, which spreads every value over its block. Products stay the same when
// both sides are rotated alike, as the matrix is orthogonal (QuaRot, Ashkboos et al. 2024).
#pragma once

#include <cstdint>

namespace chroma::int8 {

// Rotates a row of `count` values in place, writes its int8 values and returns their scale: value = int8 * scale. Rows
// of equal length are rotated alike. The values are finite.
float encode(float* row, int64_t count, int8_t* values);

}  // namespace chroma::int8
