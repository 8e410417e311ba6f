// Rows of one head in AVX-512's registers.
#pragma once

#include "onednn/attention_kernels.h"
#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>

namespace chroma::onednn {

// The first `count` lanes of a vector.
CHROMA_AVX512 inline __mmask16 lanes(int64_t count) {
    return static_cast<__mmask16>(count >= kAttentionLanes ? 0xFFFFU : (1U << count) - 1U);
}

// Sixteen values of a row, rotated: of each pair (a, b), a cos - b sin and b cos + a sin.
CHROMA_AVX512 inline __m512 load_row(const AttentionRows& rows, int64_t row, int64_t channel, __mmask16 mask) {
    const __m512 x = _mm512_maskz_loadu_ps(mask, rows.values + row * rows.stride + channel);
    if (rows.cos == nullptr) {
        return x;
    }
    const __m512 cos = _mm512_maskz_loadu_ps(mask, rows.cos + row * rows.table_stride + channel);
    const __m512 sin = _mm512_maskz_loadu_ps(mask, rows.sin + row * rows.table_stride + channel);
    const __m512 swapped = _mm512_permute_ps(x, 0xB1);
    return _mm512_fmaddsub_ps(x, cos, _mm512_mul_ps(swapped, sin));
}

}  // namespace chroma::onednn

#endif
