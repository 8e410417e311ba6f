#include "onednn/dequantize_avx512.h"

#include <cstring>

#include "onednn/dequantize_k_avx512.h"
#include "onednn/dequantize_parts_avx512.h"
#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS

namespace chroma::onednn {

namespace {

constexpr int64_t kBlock = 32;  // values of a block; of pairs of them, the first 16 are the low halves

CHROMA_AVX512_BF16 void f16(const ggml_fp16_t* from, bf16* to, int64_t count) {
    int64_t i = 0;
    for (; i + kBlock <= count; i += kBlock) {
        const auto* halves = reinterpret_cast<const __m256i*>(from + i);
        store(to + i, _mm512_cvtph_ps(_mm256_loadu_si256(halves)), _mm512_cvtph_ps(_mm256_loadu_si256(halves + 1)));
    }
    for (; i < count; ++i) {
        const float value = _cvtsh_ss(from[i]);
        to_bf16(&value, to + i, 1);
    }
}

CHROMA_AVX512_BF16 void q8_0(const block_q8_0& block, bf16* to) {
    const __m512 scale = _mm512_set1_ps(to_float(block.d));
    const auto* values = reinterpret_cast<const __m128i*>(block.qs);
    const __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(values)));
    const __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(values + 1)));
    store(to, _mm512_mul_ps(low, scale), _mm512_mul_ps(high, scale));
}

// q scale + offset
CHROMA_AVX512_BF16 inline void store_scaled(bf16* to, __m128i low, __m128i high, float scale, float offset) {
    const __m512 scales = _mm512_set1_ps(scale);
    const __m512 offsets = _mm512_set1_ps(offset);
    store(to, _mm512_fmadd_ps(to_floats(low), scales, offsets), _mm512_fmadd_ps(to_floats(high), scales, offsets));
}

CHROMA_AVX512_BF16 void q4_0(const block_q4_0& block, bf16* to) {
    constexpr float kZero = 8;
    const __m128i pairs = load(block.qs);
    const float scale = to_float(block.d);
    store_scaled(to, low_halves(pairs), high_halves(pairs), scale, -kZero * scale);
}

CHROMA_AVX512_BF16 void q4_1(const block_q4_1& block, bf16* to) {
    const __m128i pairs = load(block.qs);
    store_scaled(to, low_halves(pairs), high_halves(pairs), to_float(block.d), to_float(block.m));
}

// The fifth bits of a block's values are those of one whole number.
template <typename Block>
CHROMA_AVX512_BF16 inline void store_five_bits(const Block& block, bf16* to, float scale, float offset) {
    uint32_t fifth = 0;
    std::memcpy(&fifth, block.qh, sizeof(fifth));
    const __m128i pairs = load(block.qs);
    const __m128i sixteen = _mm_set1_epi8(16);
    const __m128i low = _mm_or_si128(low_halves(pairs), _mm_maskz_mov_epi8(static_cast<__mmask16>(fifth), sixteen));
    const __m128i high =
        _mm_or_si128(high_halves(pairs), _mm_maskz_mov_epi8(static_cast<__mmask16>(fifth >> 16), sixteen));
    store_scaled(to, low, high, scale, offset);
}

CHROMA_AVX512_BF16 void q5_0(const block_q5_0& block, bf16* to) {
    constexpr float kZero = 16;
    const float scale = to_float(block.d);
    store_five_bits(block, to, scale, -kZero * scale);
}

CHROMA_AVX512_BF16 void q5_1(const block_q5_1& block, bf16* to) {
    store_five_bits(block, to, to_float(block.d), to_float(block.m));
}

}  // namespace

bool dequantize_row_avx512(ggml_type type, const void* from, bf16* to, int64_t count) {
    if (!has_avx512_bf16()) {
        return false;
    }
    switch (type) {
        case GGML_TYPE_F16:
            f16(static_cast<const ggml_fp16_t*>(from), to, count);
            return true;
        case GGML_TYPE_Q8_0:
            return for_blocks<kBlock>(from, to, count, q8_0);
        case GGML_TYPE_Q4_0:
            return for_blocks<kBlock>(from, to, count, q4_0);
        case GGML_TYPE_Q4_1:
            return for_blocks<kBlock>(from, to, count, q4_1);
        case GGML_TYPE_Q5_0:
            return for_blocks<kBlock>(from, to, count, q5_0);
        case GGML_TYPE_Q5_1:
            return for_blocks<kBlock>(from, to, count, q5_1);
        default:
            return dequantize_k_avx512(type, from, to, count);
    }
}

}  // namespace chroma::onednn

#else

namespace chroma::onednn {

bool dequantize_row_avx512(ggml_type /*type*/, const void* /*from*/, bf16* /*to*/, int64_t /*count*/) {
    return false;
}

}  // namespace chroma::onednn

#endif
