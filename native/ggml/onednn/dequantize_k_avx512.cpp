#include "onednn/dequantize_k_avx512.h"

#include "onednn/dequantize_parts_avx512.h"

#ifdef CHROMA_X86_KERNELS

namespace chroma::onednn {

namespace {

constexpr int64_t kRun = 32;  // values that are stored at a time

// A run of q * scale - minimum, with a scale and a minimum for each half.
struct Affine {
    float scale;
    float minimum;
};

CHROMA_AVX512_BF16 inline void store_affine(bf16* to, __m128i low, Affine of_low, __m128i high, Affine of_high) {
    store(to, _mm512_fmsub_ps(to_floats(low), _mm512_set1_ps(of_low.scale), _mm512_set1_ps(of_low.minimum)),
          _mm512_fmsub_ps(to_floats(high), _mm512_set1_ps(of_high.scale), _mm512_set1_ps(of_high.minimum)));
}

// Scale and minimum number i of a Q4_K or Q5_K super-block: the first four lie in six bits of a byte each, the upper
// bits of the others in the two bits that these leave.
CHROMA_AVX512_BF16 inline Affine unpack(const uint8_t* packed, int64_t i, float scale, float minimum) {
    const bool whole = i < 4;
    const int of_scale = whole ? packed[i] & 0x3F : (packed[i + 4] & 0x0F) | ((packed[i - 4] >> 6) << 4);
    const int of_minimum = whole ? packed[i + 4] & 0x3F : (packed[i + 4] >> 4) | ((packed[i] >> 6) << 4);
    return {scale * static_cast<float>(of_scale), minimum * static_cast<float>(of_minimum)};
}

// 2 bits a value; of each 16 values a byte has the scale in its low half, the minimum in its high half.
CHROMA_AVX512_BF16 void q2_k(const block_q2_K& block, bf16* to) {
    const float scale = to_float(block.d);
    const float minimum = to_float(block.dmin);
    const auto affine = [&](int64_t i) {
        return Affine{scale * static_cast<float>(block.scales[i] & 0x0F),
                      minimum * static_cast<float>(block.scales[i] >> 4)};
    };
    for (int64_t half = 0; half < 2; ++half, to += 4 * kRun) {
        const __m128i low = load(block.qs + half * kRun);
        const __m128i high = load(block.qs + half * kRun + kRun / 2);
        const int64_t i = half * 8;
        store_affine(to, bits<0, 2>(low), affine(i), bits<0, 2>(high), affine(i + 1));
        store_affine(to + kRun, bits<2, 2>(low), affine(i + 2), bits<2, 2>(high), affine(i + 3));
        store_affine(to + 2 * kRun, bits<4, 2>(low), affine(i + 4), bits<4, 2>(high), affine(i + 5));
        store_affine(to + 3 * kRun, bits<6, 2>(low), affine(i + 6), bits<6, 2>(high), affine(i + 7));
    }
}

// 2 bits a value and a third one, which lies apart; scales of 6 bits, less 32, for every 16 values.
CHROMA_AVX512_BF16 void q3_k(const block_q3_K& block, bf16* to) {
    const float scale = to_float(block.d);
    const auto affine = [&](int64_t i) {
        // The low four bits of scales 0..7 and 8..15 are the halves of the first eight bytes, the upper two of four
        // scales each lie in the last four.
        const int low = i < 8 ? block.scales[i] & 0x0F : block.scales[i - 8] >> 4;
        const int high = (block.scales[8 + i % 4] >> (2 * (i / 4))) & 3;
        constexpr float kZero = 4;  // of the values
        const float own = scale * static_cast<float>((low | (high << 4)) - 32);
        return Affine{own, own * kZero};
    };
    const auto third_bit = [&](int64_t part, int64_t run) CHROMA_AVX512_BF16 {
        const __m128i mask = load(block.hmask + part * (kRun / 2));
        const __m128i bit = _mm_set1_epi8(static_cast<char>(1 << run));
        return _mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(mask, bit), bit), _mm_set1_epi8(4));
    };
    for (int64_t run = 0; run < 8; ++run, to += kRun) {
        const uint8_t* values = block.qs + run / 4 * kRun;
        const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(2 * (run % 4)));
        const auto part = [&](int64_t i) CHROMA_AVX512_BF16 {
            const __m128i low = _mm_and_si128(_mm_srl_epi16(load(values + i * (kRun / 2)), shift), _mm_set1_epi8(3));
            return _mm_or_si128(low, third_bit(i, run));
        };
        store_affine(to, part(0), affine(2 * run), part(1), affine(2 * run + 1));
    }
}

// 4 bits a value: 32 bytes hold two runs of 32 values, one in their low halves, one in their high halves.
CHROMA_AVX512_BF16 void q4_k(const block_q4_K& block, bf16* to) {
    const float scale = to_float(block.d);
    const float minimum = to_float(block.dmin);
    for (int64_t run = 0; run < 8; run += 2, to += 2 * kRun) {
        const __m128i first = load(block.qs + run * (kRun / 2));
        const __m128i second = load(block.qs + run * (kRun / 2) + kRun / 2);
        const Affine low = unpack(block.scales, run, scale, minimum);
        const Affine high = unpack(block.scales, run + 1, scale, minimum);
        store_affine(to, low_halves(first), low, low_halves(second), low);
        store_affine(to + kRun, high_halves(first), high, high_halves(second), high);
    }
}

// As Q4_K, with a fifth bit: bit i of 32 bytes is that of the values of run i.
CHROMA_AVX512_BF16 void q5_k(const block_q5_K& block, bf16* to) {
    const float scale = to_float(block.d);
    const float minimum = to_float(block.dmin);
    const __m128i fifth[2] = {load(block.qh), load(block.qh + kRun / 2)};
    const auto with_fifth = [&](__m128i halves, int64_t part, int64_t run) CHROMA_AVX512_BF16 {
        const __m128i bit = _mm_set1_epi8(static_cast<char>(1 << run));
        const __m128i set = _mm_cmpeq_epi8(_mm_and_si128(fifth[part], bit), bit);
        return _mm_or_si128(halves, _mm_and_si128(set, _mm_set1_epi8(16)));
    };
    for (int64_t run = 0; run < 8; run += 2, to += 2 * kRun) {
        const __m128i first = load(block.qs + run * (kRun / 2));
        const __m128i second = load(block.qs + run * (kRun / 2) + kRun / 2);
        const Affine low = unpack(block.scales, run, scale, minimum);
        const Affine high = unpack(block.scales, run + 1, scale, minimum);
        store_affine(to, with_fifth(low_halves(first), 0, run), low, with_fifth(low_halves(second), 1, run), low);
        store_affine(to + kRun, with_fifth(high_halves(first), 0, run + 1), high,
                     with_fifth(high_halves(second), 1, run + 1), high);
    }
}

// 4 bits a value and two more, which lie apart, less 32; a scale of 8 bits for every 16 values.
CHROMA_AVX512_BF16 void q6_k(const block_q6_K& block, bf16* to) {
    const float scale = to_float(block.d);
    const auto affine = [&](int64_t i) {
        constexpr float kZero = 32;
        const float own = scale * static_cast<float>(block.scales[i]);
        return Affine{own, own * kZero};
    };
    const auto six = [](__m128i low, __m128i high)
                         CHROMA_AVX512_BF16 { return _mm_or_si128(low, _mm_slli_epi16(high, 4)); };
    for (int64_t half = 0; half < 2; ++half, to += 4 * kRun) {
        const uint8_t* low = block.ql + half * 2 * kRun;
        const __m128i a = load(low);
        const __m128i b = load(low + kRun / 2);
        const __m128i c = load(low + kRun);
        const __m128i d = load(low + kRun + kRun / 2);
        const __m128i high_a = load(block.qh + half * kRun);
        const __m128i high_b = load(block.qh + half * kRun + kRun / 2);
        const int64_t i = half * 8;
        store_affine(to, six(low_halves(a), bits<0, 2>(high_a)), affine(i), six(low_halves(b), bits<0, 2>(high_b)),
                     affine(i + 1));
        store_affine(to + kRun, six(low_halves(c), bits<2, 2>(high_a)), affine(i + 2),
                     six(low_halves(d), bits<2, 2>(high_b)), affine(i + 3));
        store_affine(to + 2 * kRun, six(high_halves(a), bits<4, 2>(high_a)), affine(i + 4),
                     six(high_halves(b), bits<4, 2>(high_b)), affine(i + 5));
        store_affine(to + 3 * kRun, six(high_halves(c), bits<6, 2>(high_a)), affine(i + 6),
                     six(high_halves(d), bits<6, 2>(high_b)), affine(i + 7));
    }
}

}  // namespace

bool dequantize_k_avx512(ggml_type type, const void* from, bf16* to, int64_t count) {
    switch (type) {
        case GGML_TYPE_Q2_K:
            return for_blocks<QK_K>(from, to, count, q2_k);
        case GGML_TYPE_Q3_K:
            return for_blocks<QK_K>(from, to, count, q3_k);
        case GGML_TYPE_Q4_K:
            return for_blocks<QK_K>(from, to, count, q4_k);
        case GGML_TYPE_Q5_K:
            return for_blocks<QK_K>(from, to, count, q5_k);
        case GGML_TYPE_Q6_K:
            return for_blocks<QK_K>(from, to, count, q6_k);
        default:
            return false;
    }
}

}  // namespace chroma::onednn

#endif
