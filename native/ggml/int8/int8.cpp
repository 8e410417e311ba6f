#include "int8/int8.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace chroma::int8 {

namespace {

constexpr float kLargest = 127.0F;

// 1: not rotated.
int64_t block_size(int64_t count) {
    int64_t size = kLargestBlock;
    while (size > 1 && count % (kStride * size) != 0) {
        size /= 2;
    }
    return size;
}

// kStride blocks at once, by the fast Walsh-Hadamard transform. Neighbours belong to different blocks, so that every
// step is one of whole vectors.
void transform(float* values, int64_t size) {
    for (int64_t half = 1; half < size; half *= 2) {
        for (int64_t start = 0; start < size; start += 2 * half) {
            float* low = values + start * kStride;
            float* high = low + half * kStride;
            for (int64_t i = 0; i < half * kStride; ++i) {
                const float sum = low[i] + high[i];
                high[i] = low[i] - high[i];
                low[i] = sum;
            }
        }
    }
}

// Magnitudes are ordered as their bits are, and compilers make vectors of whole numbers' maximum alone, as it does not
// depend on the order.
float largest_magnitude(const float* values, int64_t count) {
    uint32_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        constexpr uint32_t kWithoutSign = 0x7FFFFFFF;
        largest = std::max(largest, std::bit_cast<uint32_t>(values[i]) & kWithoutSign);
    }
    return std::bit_cast<float>(largest);
}

}  // namespace

float encode(float* row, int64_t count, int8_t* values) {
    const int64_t size = block_size(count);
    if (size > 1) {
        for (int64_t first = 0; first < count; first += size * kStride) {
            transform(row + first, size);
        }
    }
    const float largest = largest_magnitude(row, count);
    const float steps = largest > 0 ? kLargest / largest : 0.0F;
    constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: adding it leaves the whole number in the lowest bits
    for (int64_t i = 0; i < count; ++i) {
        values[i] = static_cast<int8_t>(std::bit_cast<uint32_t>(row[i] * steps + kRounder));
    }
    // The transform is the rotation times the root of the block's size.
    return largest / kLargest / std::sqrt(static_cast<float>(size));
}

}  // namespace chroma::int8
