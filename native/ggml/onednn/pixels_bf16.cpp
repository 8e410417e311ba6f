#include "onednn/pixels_bf16.h"

#include "onednn/functions_avx512.h"
#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS

#include <immintrin.h>

namespace chroma::onednn {

namespace {

// y / (1 + e^-y), near enough for bf16.
CHROMA_AVX512_BF16 __m512 swish_of(__m512 y) {
    const __m512 power = exp2(_mm512_mul_ps(y, _mm512_set1_ps(-1.44269504F)));
    return _mm512_mul_ps(y, _mm512_rcp14_ps(_mm512_add_ps(power, _mm512_set1_ps(1.0F))));
}

CHROMA_AVX512_BF16 void transform_row(const uint16_t* x, int64_t channels, const ChannelTransform& by, uint16_t* y) {
    constexpr int64_t kLanes = 16;
    for (int64_t channel = 0; channel < channels; channel += kLanes) {
        const __m512 normed = _mm512_fmadd_ps(load(x + channel), _mm512_loadu_ps(by.factor + channel),
                                              _mm512_loadu_ps(by.shift + channel));
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
