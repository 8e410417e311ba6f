// Bfloat16, the upper half of a float32.
#pragma once

#include <bit>
#include <cstdint>

namespace chroma {

using bf16 = uint16_t;

// Rounds to nearest even; a NaN stays one. Written so that compilers make vector code of it.
inline bf16 round_to_bf16(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U;
    const uint32_t quiet_nan = (bits >> 16U) | 0x40U;
    return static_cast<bf16>(value == value ? rounded : quiet_nan);
}

}  // namespace chroma
