#include "onednn/encode_int8.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "int8/int8.h"
#include "onednn/functions_avx512.h"
#include "onednn/hadamard_avx512.h"
#include "onednn/processor.h"
#include "onednn/products_int8.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>
#endif

namespace chroma::onednn {

namespace {

#ifdef CHROMA_X86_KERNELS

constexpr int64_t kLanes = 16;
static_assert(int8::kStride == kLanes && int8::kLargestBlock == 64);  // a block is 64 vectors, lane by lane
constexpr int64_t kBlocks = int8::kLargestBlock * kLanes;

// int8::encode() with the same bits: the transform's first three steps as the row is read, the others as its largest
// value is sought.
template <typename T>
CHROMA_AVX512 float encode(const T* row, int64_t count, uint8_t flip, float* floats, int8_t* to) {
    __m512i largest = _mm512_setzero_si512();
    for (int64_t first = 0; first < count; first += kBlocks) {
        float* block = floats + first;
        for (int64_t i = 0; i < kBlocks; i += 8 * kLanes) {
            __m512 v[8];
#pragma GCC unroll 8
            for (int64_t j = 0; j < 8; ++j) {
                v[j] = load(row + first + i + j * kLanes);
            }
            hadamard(v);
#pragma GCC unroll 8
            for (int64_t j = 0; j < 8; ++j) {
                _mm512_storeu_ps(block + i + j * kLanes, v[j]);
            }
        }
        for (int64_t i = 0; i < 8 * kLanes; i += kLanes) {
            __m512 v[8];
#pragma GCC unroll 8
            for (int64_t j = 0; j < 8; ++j) {
                v[j] = _mm512_loadu_ps(block + i + j * 8 * kLanes);
            }
            hadamard(v);
#pragma GCC unroll 8
            for (int64_t j = 0; j < 8; ++j) {
                largest = _mm512_max_epu32(largest, _mm512_castps_si512(_mm512_abs_ps(v[j])));
                _mm512_storeu_ps(block + i + j * 8 * kLanes, v[j]);
            }
        }
    }
    constexpr float kLargest = 127.0F;
    constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: adding it leaves the whole number in the lowest bits
    const auto most = std::bit_cast<float>(_mm512_reduce_max_epu32(largest));  // bits: a NaN is not lost
    const __m512 steps = _mm512_set1_ps(most > 0 ? kLargest / most : 0.0F);
    const __m128i flips = _mm_set1_epi8(static_cast<char>(flip));
    for (int64_t i = 0; i < count; i += kLanes) {
        const __m512 whole = _mm512_fmadd_ps(_mm512_loadu_ps(floats + i), steps, _mm512_set1_ps(kRounder));
        const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_castps_si512(whole));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm_xor_si128(bytes, flips));
    }
    return most / kLargest / std::sqrt(static_cast<float>(int8::kLargestBlock));
}

#endif

}  // namespace

float encode_int8(const ggml_tensor* x, int64_t row, bool to_unsigned, float* floats, int8_t* to) {
    const char* from = static_cast<const char*>(x->data) + static_cast<size_t>(row) * x->nb[1];
    const int64_t count = x->ne[0];
    const bool is_bf16 = x->type == GGML_TYPE_BF16;
#ifdef CHROMA_X86_KERNELS
    if (has_avx512_vnni() && count % kBlocks == 0) {
        const uint8_t flip = to_unsigned ? kUnsignedZero : 0;  // of int8's two halves
        return is_bf16 ? encode(reinterpret_cast<const bf16*>(from), count, flip, floats, to)
                       : encode(reinterpret_cast<const float*>(from), count, flip, floats, to);
    }
#endif
    if (is_bf16) {
        ggml_bf16_to_fp32_row(reinterpret_cast<const ggml_bf16_t*>(from), floats, count);
    } else {
        std::copy_n(reinterpret_cast<const float*>(from), count, floats);
    }
    const float scale = int8::encode(floats, count, to);
    if (to_unsigned) {
        std::transform(to, to + count, to, [](int8_t value) { return static_cast<int8_t>(value + kUnsignedZero); });
    }
    return scale;
}

}  // namespace chroma::onednn
