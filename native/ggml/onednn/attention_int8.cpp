// Attention with queries and keys as rows of int8, one scale each, rotated so that no channel's outliers cost the
// others their precision (QuaRot, Ashkboos et al. 2024): q k^T costs half. Probabilities and values stay bfloat16:
// eight bits would lose the many small probabilities of long rows. After SageAttention (Zhang et al. 2024), which takes
// the mean of the keys off where this rotates.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "numbers/padded.h"
#include "onednn/attention_kernels.h"
#include "onednn/attention_rows_avx512.h"
#include "onednn/hadamard_avx512.h"
#include "onednn/panel_product.h"
#include "onednn/processor.h"
#include "onednn/products_int8.h"
#include "onednn/transpose_avx512.h"

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

constexpr int64_t kMostChannels = 512;
constexpr int64_t kGroup = 64;  // channels that are packed together: a vector of int8

// A packed query: its values + kUnsignedZero, then its scale.
int64_t query_bytes(int64_t channels) {
    return channels + kGroup;
}

// A chunk's packed keys: blocks of 64 keys, [channels / 4][64][4], the last one as narrow as it can be; then a scale
// for each; then the sum of each key's values, times kUnsignedZero.
int64_t key_bytes(int64_t channels) {
    return channels + static_cast<int64_t>(sizeof(float) + sizeof(int32_t));
}

// One row as int8, rotated N vectors at a time; returns its scale.
template <int N>
CHROMA_AVX512_PRODUCTS float encode_row(const AttentionRows& rows, int64_t row, int64_t channels, int8_t* to) {
    alignas(64) std::array<float, kMostChannels> rotated;
    __m512i largest = _mm512_setzero_si512();
    for (int64_t channel = 0; channel < channels; channel += N * kLanes) {
        __m512 v[N];
#pragma GCC unroll 8
        for (int i = 0; i < N; ++i) {
            v[i] = load_row(rows, row, channel + i * kLanes, lanes(kLanes));
        }
        hadamard(v);
#pragma GCC unroll 8
        for (int i = 0; i < N; ++i) {
            largest = _mm512_max_epu32(largest, _mm512_castps_si512(_mm512_abs_ps(v[i])));
            _mm512_store_ps(rotated.data() + channel + i * kLanes, v[i]);
        }
    }
    constexpr float kLargest = 127.0F;
    const auto most = std::bit_cast<float>(_mm512_reduce_max_epu32(largest));  // bits: a NaN is not lost
    const __m512 steps = _mm512_set1_ps(most > 0 ? kLargest / most : 0.0F);
    for (int64_t channel = 0; channel < channels; channel += kLanes) {
        const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_load_ps(rotated.data() + channel), steps));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + channel), _mm512_cvtsepi32_epi8(whole));
    }
    return most / kLargest;
}

// Queries and keys are rotated alike, which leaves their products as they are.
CHROMA_AVX512_PRODUCTS float encode_row(const AttentionRows& rows, int64_t row, int64_t channels, int8_t* to) {
    constexpr float kRootOfHalf = 0.70710678118654752F;
    return channels % (8 * kLanes) == 0 ? encode_row<8>(rows, row, channels, to) * (0.5F * kRootOfHalf)
                                        : encode_row<4>(rows, row, channels, to) * 0.5F;
}

CHROMA_AVX512_PRODUCTS void pack_queries(const AttentionRows& rows, int64_t count, int64_t channels, float scale,
                                         void* packed) {
    auto* to = static_cast<std::byte*>(packed);
    const __m512i zero = _mm512_set1_epi8(static_cast<char>(kUnsignedZero));
    for (int64_t row = 0; row < count; ++row, to += query_bytes(channels)) {
        const float own = encode_row(rows, row, channels, reinterpret_cast<int8_t*>(to)) * scale;
        for (int64_t channel = 0; channel < channels; channel += kGroup) {
            _mm512_storeu_si512(to + channel, _mm512_add_epi8(_mm512_loadu_si512(to + channel), zero));
        }
        std::memcpy(to + channels, &own, sizeof(own));
    }
}

struct ChunkOfKeys {
    std::byte* values;
    float* scales;
    int32_t* zeros;
};

ChunkOfKeys chunk_of_keys(void* chunk, int64_t keys_padded, int64_t channels) {
    auto* values = static_cast<std::byte*>(chunk);
    auto* scales = reinterpret_cast<float*>(values + keys_padded * channels);
    return {values, scales, reinterpret_cast<int32_t*>(scales + keys_padded)};
}

CHROMA_AVX512_PRODUCTS void pack_keys(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels,
                                      void* packed) {
    const int64_t all = padded(keys, kLanes);
    const ChunkOfKeys chunk = chunk_of_keys(packed, all, channels);
    const int64_t start = first / kTileColumns * kTileColumns;
    const int64_t width = std::min(kTileColumns, all - start);
    const int64_t count = std::min<int64_t>(kLanes, keys - first);
    alignas(64) std::array<int8_t, 16 * kMostChannels> plain;
    for (int64_t row = 0; row < kLanes; ++row) {
        int8_t* to = plain.data() + row * channels;
        if (row < count) {
            chunk.scales[first + row] = encode_row(rows, row, channels, to);
        } else {
            chunk.scales[first + row] = 0.0F;
            std::fill_n(to, channels, int8_t{0});
        }
    }
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    std::byte* to = chunk.values + start * channels + (first - start) * kStep;
    for (int64_t channel = 0; channel < channels; channel += kGroup) {
        __m512i fours[16];
        for (int64_t row = 0; row < kLanes; ++row) {
            fours[row] = _mm512_loadu_si512(plain.data() + row * channels + channel);
        }
        transpose(fours);
        for (const __m512i& four : fours) {
            sum = _mm512_dpbusd_epi32(sum, ones, four);
            _mm512_storeu_si512(to, four);
            to += width * kStep;
        }
    }
    _mm512_storeu_si512(chunk.zeros + first, _mm512_mullo_epi32(sum, _mm512_set1_epi32(kUnsignedZero)));
}

// scores = (sum - zero of the key) * (scale of the query * scale of the key)
struct Scores {
    using Sum = __m512i;

    const std::byte* query_scales;  // query_stride bytes apart
    int64_t query_stride;
    ChunkOfKeys keys;
    float* scores;

    [[nodiscard]] CHROMA_AVX512_PRODUCTS Sum begin(int64_t /*row*/, int64_t /*column*/) const {
        return _mm512_setzero_si512();
    }

    CHROMA_AVX512_PRODUCTS static Sum add(Sum sum, __m512i x, __m512i w) { return _mm512_dpbusd_epi32(sum, x, w); }

    CHROMA_AVX512_PRODUCTS void end(int64_t row, int rows, int64_t column, int vectors, const Sum* sums) const {
        for (int v = 0; v < vectors; ++v) {
            const int64_t key = column + v * kLanes;
            const __m512i zero = _mm512_loadu_si512(keys.zeros + key);
            const __m512 of_key = _mm512_loadu_ps(keys.scales + key);
            for (int i = 0; i < rows; ++i) {
                float of_query = 0;
                std::memcpy(&of_query, query_scales + (row + i) * query_stride, sizeof(of_query));
                const __m512 sum = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums[i * vectors + v], zero));
                _mm512_storeu_ps(scores + (row + i) * kAttentionChunk + key,
                                 _mm512_mul_ps(sum, _mm512_mul_ps(_mm512_set1_ps(of_query), of_key)));
            }
        }
    }
};

void score(const void* queries, const void* keys, int64_t rows, int64_t keys_padded, int64_t channels, float* scores) {
    const PanelRows x{.values = static_cast<const std::byte*>(queries),
                      .stride = query_bytes(channels),
                      .count = rows,
                      .steps = channels / kStep};
    const Scores product{.query_scales = x.values + channels,
                         .query_stride = x.stride,
                         .keys = chunk_of_keys(const_cast<void*>(keys), keys_padded, channels),
                         .scores = scores};
    for (int64_t first = 0; first < keys_padded; first += kTileColumns) {
        multiply_block(product, x, product.keys.values + first * channels, first,
                       std::min(kTileColumns, keys_padded - first));
    }
}

}  // namespace

const AttentionKernels* attention_kernels_int8(int64_t channels) {
    const AttentionKernels* bf16 = attention_kernels_bf16();
    if (bf16 == nullptr || !has_products_int8() || channels % kGroup != 0 || channels > kMostChannels) {
        return nullptr;
    }
    static const AttentionKernels kernels{query_bytes,  key_bytes,    bf16->value_element_bytes,
                                          pack_queries, pack_keys,    bf16->pack_values,
                                          score,        bf16->soften, bf16->gather,
                                          bf16->finish};
    return &kernels;
}

#else

const AttentionKernels* attention_kernels_int8(int64_t /*channels*/) {
    return nullptr;
}

#endif

}  // namespace chroma::onednn
