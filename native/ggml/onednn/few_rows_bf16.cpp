#include "onednn/few_rows_bf16.h"

#include "onednn/processor.h"
#include "onednn/products_bf16.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>
#endif

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

constexpr int64_t kStep = 32;  // values of a row at a time: a vector
constexpr int64_t kRowsOfW = 4;
constexpr int64_t kRowsOfX = 6;  // 24 sums leave registers for four vectors of W and one of x

// Rows of W from `row` times rows of x from `column`: every lane adds up its own channels. Ahead: fetches the rows of W
// that come next.
template <int W, int X, bool Ahead>
CHROMA_AVX512_BF16 void multiply(const FewRows& product, int64_t row, int64_t column) {
    const int64_t k = product.k;
    const bf16* w = product.w + row * k;
    const bf16* x = product.x + column * k;
    __m512 sums[X][W];
#pragma GCC unroll 8
    for (int j = 0; j < X; ++j) {
#pragma GCC unroll 8
        for (int i = 0; i < W; ++i) {
            sums[j][i] = _mm512_setzero_ps();
        }
    }
    for (int64_t channel = 0; channel < k; channel += kStep) {
        __m512i weights[W];
#pragma GCC unroll 8
        for (int i = 0; i < W; ++i) {
            weights[i] = _mm512_loadu_si512(w + i * k + channel);
            if constexpr (Ahead) {
                _mm_prefetch(reinterpret_cast<const char*>(w + (W + i) * k + channel), _MM_HINT_T0);
            }
        }
#pragma GCC unroll 8
        for (int j = 0; j < X; ++j) {
            const __m512i value = _mm512_loadu_si512(x + j * k + channel);
#pragma GCC unroll 8
            for (int i = 0; i < W; ++i) {
                sums[j][i] = _mm512_dpbf16_ps(sums[j][i], (__m512bh)value, (__m512bh)weights[i]);
            }
        }
    }
    float* y = product.y + column * product.y_stride + row;
#pragma GCC unroll 8
    for (int j = 0; j < X; ++j) {
#pragma GCC unroll 8
        for (int i = 0; i < W; ++i) {
            const float bias = product.bias != nullptr ? product.bias[row + i] : 0.0F;
            y[j * product.y_stride + i] = _mm512_reduce_add_ps(sums[j][i]) + bias;
        }
    }
}

// Up to X rows of x.
template <int W, int X, bool Ahead>
void multiply_up_to(const FewRows& product, int64_t row, int64_t column) {
    if constexpr (X > 0) {
        if (product.m - column >= X) {
            multiply<W, X, Ahead>(product, row, column);
        } else {
            multiply_up_to<W, X - 1, Ahead>(product, row, column);
        }
    }
}

template <int W>
void multiply_rows(const FewRows& product, int64_t row) {
    if (product.from_memory) {
        multiply_up_to<W, kRowsOfX, true>(product, row, 0);
    } else {
        multiply_up_to<W, kRowsOfX, false>(product, row, 0);
    }
    for (int64_t column = kRowsOfX; column < product.m; column += kRowsOfX) {
        multiply_up_to<W, kRowsOfX, false>(product, row, column);
    }
}

}  // namespace

bool has_few_rows_bf16(int64_t k) {
    return has_products_bf16() && k % kStep == 0;
}

void multiply_few_rows_bf16(const FewRows& product) {
    int64_t row = 0;
    for (; row + kRowsOfW <= product.rows; row += kRowsOfW) {
        multiply_rows<kRowsOfW>(product, row);
    }
    for (; row < product.rows; ++row) {
        multiply_rows<1>(product, row);
    }
}

#else

bool has_few_rows_bf16(int64_t /*k*/) {
    return false;
}

void multiply_few_rows_bf16(const FewRows& /*product*/) {}

#endif

}  // namespace chroma::onednn
