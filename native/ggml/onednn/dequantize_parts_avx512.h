// What the dequantisers of dequantize_avx512.cpp and dequantize_k_avx512.cpp share. Blocks are ggml's own.
#pragma once

#include "onednn/convert.h"
#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>

#define GGML_COMMON_DECL_C
#include "ggml-common.h"

namespace chroma::onednn {

// Stores 32 values.
CHROMA_AVX512_BF16 inline void store(bf16* to, __m512 low, __m512 high) {
    _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

CHROMA_AVX512_BF16 inline __m512 to_floats(__m128i unsigned_bytes) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(unsigned_bytes));
}

CHROMA_AVX512_BF16 inline __m128i load(const uint8_t* bytes) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

// `Bits` bits of each byte, from bit Shift on.
template <int Shift, int Bits>
CHROMA_AVX512_BF16 inline __m128i bits(__m128i bytes) {
    return _mm_and_si128(_mm_srli_epi16(bytes, Shift), _mm_set1_epi8((1 << Bits) - 1));
}

CHROMA_AVX512_BF16 inline __m128i low_halves(__m128i pairs) {
    return bits<0, 4>(pairs);
}

CHROMA_AVX512_BF16 inline __m128i high_halves(__m128i pairs) {
    return bits<4, 4>(pairs);
}

// Dequantises `count` values, whole blocks of Size values. Returns true.
template <int64_t Size, typename Block>
bool for_blocks(const void* from, bf16* to, int64_t count, void (*dequantize)(const Block&, bf16*)) {
    const auto* block = static_cast<const Block*>(from);
    for (int64_t i = 0; i < count / Size; ++i) {
        dequantize(block[i], to + i * Size);
    }
    return true;
}

CHROMA_AVX512_BF16 inline float to_float(ggml_half value) {
    return _cvtsh_ss(value);
}

}  // namespace chroma::onednn

#endif
