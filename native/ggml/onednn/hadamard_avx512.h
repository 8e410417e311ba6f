// The rotation that spreads outliers before values become int8 (int8/int8.h), in AVX-512's registers.
#pragma once

#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>

namespace chroma::onednn {

// log2(N) steps of the fast Walsh-Hadamard transform, lane by lane: N values of a row by a Hadamard matrix, times the
// root of N.
template <int N>
CHROMA_AVX512 inline void hadamard(__m512 (&v)[N]) {
#pragma GCC unroll 4
    for (int half = 1; half < N; half *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < N; ++i) {
            if ((i & half) == 0) {
                const __m512 low = v[i];
                v[i] = _mm512_add_ps(low, v[i + half]);
                v[i + half] = _mm512_sub_ps(low, v[i + half]);
            }
        }
    }
}

}  // namespace chroma::onednn

#endif
