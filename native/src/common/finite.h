// Whether numbers are finite, at the speed of memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

namespace chroma {

// The largest magnitude, as bits: those of infinity or a NaN are larger than any number's. Compilers make vectors of
// whole numbers' maximum, as it does not depend on the order.
[[nodiscard]] inline uint32_t largest_magnitude_bits(std::span<const float> values) {
    constexpr uint32_t kWithoutSign = 0x7FFFFFFF;
    uint32_t largest = 0;
    for (const float value : values) {
        largest = std::max(largest, std::bit_cast<uint32_t>(value) & kWithoutSign);
    }
    return largest;
}

[[nodiscard]] inline bool all_finite(std::span<const float> values) {
    constexpr uint32_t kInfinity = 0x7F800000;
    return largest_magnitude_bits(values) < kInfinity;
}

}  // namespace chroma
