#include "onednn/dequantize_avx512.h"

#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>

namespace chroma::onednn {

namespace {

// ggml's blocks, as ggml-common.h lays them out.
constexpr int64_t kBlock = 32;
constexpr int64_t kSuperBlock = 256;

struct Q8_0 {
    ggml_fp16_t scale;
    int8_t values[kBlock];
};

struct Q4_0 {
    ggml_fp16_t scale;
    uint8_t pairs[kBlock / 2];  // low halves: the first 16 values, high halves: the others
};

struct Q4_K {
    ggml_fp16_t scale;          // of the scales
    ggml_fp16_t minimum_scale;  // of the minima
    uint8_t packed[12];         // 8 scales and 8 minima of 6 bits
    uint8_t pairs[kSuperBlock / 2];
};

CHROMA_AVX512_BF16 inline void store(bf16* to, __m512 low, __m512 high) {
    _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

CHROMA_AVX512_BF16 inline __m512 to_floats(__m128i unsigned_bytes) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(unsigned_bytes));
}

CHROMA_AVX512_BF16 inline __m128i low_halves(__m128i pairs) {
    return _mm_and_si128(pairs, _mm_set1_epi8(0x0F));
}

CHROMA_AVX512_BF16 inline __m128i high_halves(__m128i pairs) {
    return _mm_and_si128(_mm_srli_epi16(pairs, 4), _mm_set1_epi8(0x0F));
}

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

CHROMA_AVX512_BF16 void q8_0(const Q8_0* from, bf16* to, int64_t blocks) {
    for (int64_t block = 0; block < blocks; ++block, to += kBlock) {
        const __m512 scale = _mm512_set1_ps(_cvtsh_ss(from[block].scale));
        const auto* values = reinterpret_cast<const __m128i*>(from[block].values);
        const __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(values)));
        const __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(values + 1)));
        store(to, _mm512_mul_ps(low, scale), _mm512_mul_ps(high, scale));
    }
}

// (q - 8) scale
CHROMA_AVX512_BF16 void q4_0(const Q4_0* from, bf16* to, int64_t blocks) {
    constexpr float kZero = 8;
    for (int64_t block = 0; block < blocks; ++block, to += kBlock) {
        const float scale = _cvtsh_ss(from[block].scale);
        const __m512 scales = _mm512_set1_ps(scale);
        const __m512 zeros = _mm512_set1_ps(-kZero * scale);
        const __m128i pairs = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from[block].pairs));
        store(to, _mm512_fmadd_ps(to_floats(low_halves(pairs)), scales, zeros),
              _mm512_fmadd_ps(to_floats(high_halves(pairs)), scales, zeros));
    }
}

// Scale and minimum number i of a super-block: the first four lie in six bits of a byte each, the upper bits of the
// others in the two bits that these leave.
struct ScaleAndMinimum {
    int scale;
    int minimum;
};

ScaleAndMinimum unpack(const uint8_t* packed, int i) {
    if (i < 4) {
        return {packed[i] & 0x3F, packed[i + 4] & 0x3F};
    }
    return {(packed[i + 4] & 0x0F) | ((packed[i - 4] >> 6) << 4), (packed[i + 4] >> 4) | ((packed[i] >> 6) << 4)};
}

// q scale - minimum, with a scale and a minimum for every 32 values
CHROMA_AVX512_BF16 void q4_k(const Q4_K* from, bf16* to, int64_t blocks) {
    for (int64_t block = 0; block < blocks; ++block) {
        const Q4_K& super = from[block];
        const float scale = _cvtsh_ss(super.scale);
        const float minimum = _cvtsh_ss(super.minimum_scale);
        const auto* pairs = reinterpret_cast<const __m128i*>(super.pairs);
        // 32 bytes hold two runs of 32 values: one in their low halves, one in their high halves.
        for (int run = 0; run < kSuperBlock / kBlock; run += 2, pairs += 2) {
            const __m128i first = _mm_loadu_si128(pairs);
            const __m128i second = _mm_loadu_si128(pairs + 1);
            for (int half = 0; half < 2; ++half, to += kBlock) {
                const ScaleAndMinimum own = unpack(super.packed, run + half);
                const __m512 scales = _mm512_set1_ps(scale * static_cast<float>(own.scale));
                const __m512 minima = _mm512_set1_ps(minimum * static_cast<float>(own.minimum));
                const __m128i low = half == 0 ? low_halves(first) : high_halves(first);
                const __m128i high = half == 0 ? low_halves(second) : high_halves(second);
                store(to, _mm512_fmsub_ps(to_floats(low), scales, minima),
                      _mm512_fmsub_ps(to_floats(high), scales, minima));
            }
        }
    }
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
            q8_0(static_cast<const Q8_0*>(from), to, count / kBlock);
            return true;
        case GGML_TYPE_Q4_0:
            q4_0(static_cast<const Q4_0*>(from), to, count / kBlock);
            return true;
        case GGML_TYPE_Q4_K:
            q4_k(static_cast<const Q4_K*>(from), to, count / kSuperBlock);
            return true;
        default:
            return false;
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
