// Powers, written so that compilers make vector code of them: no calls, no branches, no double.
#pragma once

#include <bit>
#include <cstdint>

namespace chroma {

// 1.5 * 2^23: adding it leaves no fraction, and the whole number in the lowest bits.
inline constexpr float kRounder = 12582912.0F;

// The whole number next to x, which is far below 2^22.
inline float nearest_whole(float x) {
    return (x + kRounder) - kRounder;
}

// 2^n for a whole number from -127 (which gives 0) to 127; something for a NaN, which no conversion to an integer is
// defined for.
inline float whole_power_of_two(float n) {
    constexpr uint32_t kBias = 127;
    constexpr int kMantissaBits = 23;
    return std::bit_cast<float>((std::bit_cast<uint32_t>(n + kRounder) + kBias) << kMantissaBits);
}

// 2^x to 1e-7; below -127 it is 0, above 127 it stays at 2^127. The fraction's power comes from a polynomial (least
// squares at Chebyshev points), the rest is put into the exponent.
inline float power_of_two(float x) {
    constexpr float kMost = 127.0F;
    x = x < -kMost ? -kMost : x;
    x = x > kMost ? kMost : x;
    const float n = nearest_whole(x);
    const float f = x - n;
    float y = 1.3400436e-3F;
    y = y * f + 9.6183891e-3F;
    y = y * f + 5.5503324e-2F;
    y = y * f + 2.4022651e-1F;
    y = y * f + 6.9314718e-1F;
    y = y * f + 1.0F;
    return y * whole_power_of_two(n);
}

// e^x by Cephes' expf: x = n ln 2 + r, a polynomial for e^r, n put into the exponent. Within 2 units in the last place,
// which a power of two of x log2(e) is not: a float has no room for that product's fraction where x is large. Below -87
// and above 88 it stays what it is there.
inline float exponential(float x) {
    constexpr float kLeast = -87.0F;
    constexpr float kMost = 88.0F;
    constexpr float kLog2E = 1.44269504F;
    constexpr float kLn2High = 0.693359375F;
    constexpr float kLn2Low = -2.12194440e-4F;
    x = x < kLeast ? kLeast : x;
    x = x > kMost ? kMost : x;
    const float n = nearest_whole(x * kLog2E);
    const float r = (x - n * kLn2High) - n * kLn2Low;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    return p * whole_power_of_two(n);
}

}  // namespace chroma
