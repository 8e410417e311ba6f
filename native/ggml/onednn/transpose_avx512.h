// Matrices in AVX-512's registers.
#pragma once

#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>

namespace chroma::onednn {

// Turns a 16 x 16 matrix of 32-bit values, such as pairs of bf16 or fours of int8, around its diagonal; a vector is a
// row. No std::array: a vector's attributes are lost in template arguments.
CHROMA_AVX512 inline void transpose(__m512i (&m)[16]) {
    __m512i t[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {  // pairs of rows: [a0 b0 a1 b1], [a2 b2 a3 b3] of each 128 bits
        t[i] = _mm512_unpacklo_epi32(m[i], m[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(m[i], m[i + 1]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 4) {  // four rows: m[i + j] has column 4 b + j of each 128 bits b
        m[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        m[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        m[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        m[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 8
    for (int j = 0; j < 4; ++j) {  // the 4 x 4 blocks of 128 bits
        const __m512i low_even = _mm512_shuffle_i32x4(m[j], m[j + 4], 0x88);
        const __m512i low_odd = _mm512_shuffle_i32x4(m[j], m[j + 4], 0xDD);
        const __m512i high_even = _mm512_shuffle_i32x4(m[j + 8], m[j + 12], 0x88);
        const __m512i high_odd = _mm512_shuffle_i32x4(m[j + 8], m[j + 12], 0xDD);
        t[j] = _mm512_shuffle_i32x4(low_even, high_even, 0x88);
        t[j + 4] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
        t[j + 8] = _mm512_shuffle_i32x4(low_even, high_even, 0xDD);
        t[j + 12] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xDD);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
        m[i] = t[i];
    }
}

}  // namespace chroma::onednn

#endif
