#include "onednn/pixels_bf16.h"

#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS

#include <immintrin.h>

namespace chroma::onednn {

namespace {

// y / (1 + e^-y), near enough for bf16. 2^-x: the fraction's power from a polynomial (least squares at Chebyshev
// points), the rest from the exponent.
CHROMA_AVX512_BF16 __m512 swish_of(__m512 y) {
    const __m512 x = _mm512_mul_ps(y, _mm512_set1_ps(-1.44269504F));
    const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512 f = _mm512_sub_ps(x, whole);
    __m512 p = _mm512_set1_ps(9.6183891e-3F);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.5503324e-2F));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4022651e-1F));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9314718e-1F));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0F));
    const __m512 denominator = _mm512_add_ps(_mm512_scalef_ps(p, whole), _mm512_set1_ps(1.0F));
    return _mm512_mul_ps(y, _mm512_rcp14_ps(denominator));
}

CHROMA_AVX512_BF16 void transform_row(const uint16_t* x, int64_t channels, const ChannelTransform& by, uint16_t* y) {
    constexpr int64_t kLanes = 16;
    for (int64_t channel = 0; channel < channels; channel += kLanes) {
        const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + channel));
        const __m512 value = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
        const __m512 normed =
            _mm512_fmadd_ps(value, _mm512_loadu_ps(by.factor + channel), _mm512_loadu_ps(by.shift + channel));
        const __m512 result = by.swish ? swish_of(normed) : normed;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + channel), (__m256i)_mm512_cvtneps_pbh(result));
    }
}

}  // namespace

CHROMA_AVX512_BF16 void transform_pixels_bf16(const uint16_t* x, int64_t pixels, int64_t channels,
                                              const ChannelTransform& by, uint16_t* y) {
    for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, y += channels) {
        transform_row(x, channels, by, y);
    }
}

}  // namespace chroma::onednn

#else

namespace chroma::onednn {

void transform_pixels_bf16(const uint16_t* /*x*/, int64_t /*pixels*/, int64_t /*channels*/,
                           const ChannelTransform& /*by*/, uint16_t* /*y*/) {}

}  // namespace chroma::onednn

#endif
