// The two 8-bit floating point formats of Micikevicius et al. 2022 ("FP8 formats for deep learning"), read exactly.
#pragma once

#include <cstdint>

namespace chroma {

// 1 sign, 4 exponent, 3 fraction bits, bias 7. No infinity; NaN is 0x7F and 0xFF only; the largest value is 448.
[[nodiscard]] float float8_e4m3(uint8_t bits);

// 1 sign, 5 exponent, 2 fraction bits, bias 15: the upper half of an IEEE binary16.
[[nodiscard]] float float8_e5m2(uint8_t bits);

}  // namespace chroma
