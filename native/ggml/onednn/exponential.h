// Powers in vector code.
#pragma once

#include <bit>
#include <cstdint>

namespace chroma::onednn {

// 2^x to 1e-7; below -127 it is 0, above 127 it stays at 2^127. The fraction's power comes from a polynomial (least
// squares at Chebyshev points), the rest is put into the exponent. Written so that compilers vectorise it.
inline float power_of_two(float x) {
    constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: adding it leaves no fraction
    constexpr float kMost = 127.0F;
    constexpr int kBias = 127;
    constexpr int kMantissa = 23;
    x = x < -kMost ? -kMost : x;
    x = x > kMost ? kMost : x;
    const float whole = (x + kRounder) - kRounder;
    const float f = x - whole;
    float y = 1.3400436e-3F;
    y = y * f + 9.6183891e-3F;
    y = y * f + 5.5503324e-2F;
    y = y * f + 2.4022651e-1F;
    y = y * f + 6.9314718e-1F;
    y = y * f + 1.0F;
    return y * std::bit_cast<float>((static_cast<int32_t>(whole) + kBias) << kMantissa);
}

}  // namespace chroma::onednn
