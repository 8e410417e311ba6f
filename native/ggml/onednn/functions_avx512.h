// Vectors of bfloat16, and functions whose results become such: they are exact to a few millionths, a five-hundredth of
// what that rounding costs.
#pragma once

#include "numbers/bf16.h"
#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>

namespace chroma::onednn {

// Sixteen values as float32.
CHROMA_AVX512 inline __m512 load(const float* from) {
    return _mm512_loadu_ps(from);
}

CHROMA_AVX512 inline __m512 load(const bf16* from) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

// 2^x to 4e-6; exact for 0, and 0 for x far below it: the fraction's power from a polynomial (least squares at
// Chebyshev points), the rest from the exponent.
CHROMA_AVX512 inline __m512 exp2(__m512 x) {
    const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512 f = _mm512_sub_ps(x, whole);
    __m512 y = _mm512_set1_ps(9.6003955e-3F);
    y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(5.5916894e-2F));
    y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(2.4023718e-1F));
    y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(6.9312199e-1F));
    y = _mm512_fmadd_ps(y, f, _mm512_set1_ps(1.0F));
    return _mm512_scalef_ps(y, whole);
}

// GELU in its tanh form, x / (1 + e^-2u) with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks and Gimpel 2016).
CHROMA_AVX512 inline __m512 gelu_tanh(__m512 x) {
    constexpr float kMinusTwoSqrtTwoOverPiLog2E = -2.3022082F;  // -2 sqrt(2 / pi) log2(e)
    constexpr float kCubic = 0.044715F;
    constexpr float kMost = 126.0F;  // where the quotient is 1 or next to nothing, and no step overflows
    const __m512 factor = _mm512_fmadd_ps(_mm512_mul_ps(x, x), _mm512_set1_ps(kMinusTwoSqrtTwoOverPiLog2E * kCubic),
                                          _mm512_set1_ps(kMinusTwoSqrtTwoOverPiLog2E));
    __m512 exponent = _mm512_min_ps(_mm512_mul_ps(x, factor), _mm512_set1_ps(kMost));
    exponent = _mm512_max_ps(exponent, _mm512_set1_ps(-kMost));
    const __m512 divisor = _mm512_add_ps(exp2(exponent), _mm512_set1_ps(1.0F));
    // A step of Newton's after the processor's own 14 bits.
    const __m512 near = _mm512_rcp14_ps(divisor);
    const __m512 inverse = _mm512_mul_ps(near, _mm512_fnmadd_ps(divisor, near, _mm512_set1_ps(2.0F)));
    return _mm512_mul_ps(x, inverse);
}

}  // namespace chroma::onednn

#endif
