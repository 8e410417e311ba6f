// Rows of float32 as int8 with one scale each.
//
// An outlier among thousands of values would take all the resolution of such a row, so rows are rotated first: blocks
// of values are multiplied by a Hadamard matrix, which spreads every value over its block. Products stay the same when
// both sides are rotated alike, as the matrix is orthogonal (QuaRot, Ashkboos et al. 2024).
#pragma once

#include <cstdint>

namespace chroma::int8 {

// A row is rotated in blocks of the largest power of two, up to kLargestBlock, that it can be cut into kStride times
// over. Value i of block b, counted within kStride blocks, is their value i * kStride + b.
inline constexpr int64_t kLargestBlock = 64;
inline constexpr int64_t kStride = 16;

// Rotates a row of `count` values in place, writes its int8 values and returns their scale: value = int8 * scale. Rows
// of equal length are rotated alike. The values are finite.
float encode(float* row, int64_t count, int8_t* values);

}  // namespace chroma::int8
