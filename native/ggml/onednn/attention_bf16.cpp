// Attention's inner loops with AVX-512's bf16 products.
#include <algorithm>

#include "numbers/bf16.h"
#include "numbers/padded.h"
#include "onednn/attention_kernels.h"
#include "onednn/attention_rows_avx512.h"
#include "onednn/functions_avx512.h"
#include "onednn/panel_product.h"
#include "onednn/processor.h"
#include "onednn/transpose_avx512.h"

#ifdef CHROMA_X86_KERNELS

#include <immintrin.h>

namespace chroma::onednn {

namespace {

constexpr int64_t kPanel = kTileColumns;
constexpr int64_t kDepth = 272;  // of a product whose panel stays in the first-level cache

static_assert(kAttentionRows == kTileRows && kAttentionLanes == kLanes);

// ---- Products ----

// c (+)= a b
struct Block {
    using Sum = __m512;

    float* c;
    int64_t stride;
    bool add_to_c;

    [[nodiscard]] CHROMA_AVX512_PRODUCTS Sum begin(int64_t row, int64_t column) const {
        return add_to_c ? _mm512_loadu_ps(c + row * stride + column) : _mm512_setzero_ps();
    }

    CHROMA_AVX512_PRODUCTS static Sum add(Sum sum, __m512i x, __m512i w) {
        return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)w);
    }

    CHROMA_AVX512_PRODUCTS void end(int64_t row, int rows, int64_t column, int vectors, const Sum* sums) const {
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 8
            for (int v = 0; v < vectors; ++v) {
                _mm512_storeu_ps(c + (row + i) * stride + column + v * kLanes, *sums++);
            }
        }
    }
};

// c[rows, width] (+)= a[rows, 2 pairs] * b, b: [pairs][width][2] with width a multiple of the lanes, at most kPanel. A
// panel in the first-level cache at a time.
void product(const bf16* a, int64_t a_stride, const bf16* b, int64_t width, int64_t pairs, int64_t rows, bool add,
             float* c, int64_t c_stride) {
    constexpr auto kSize = static_cast<int64_t>(sizeof(bf16));
    for (int64_t pair = 0; pair < pairs; pair += kDepth / 2) {
        const PanelRows x{.values = reinterpret_cast<const std::byte*>(a + 2 * pair),
                          .stride = a_stride * kSize,
                          .count = rows,
                          .steps = std::min(kDepth / 2, pairs - pair)};
        multiply_block(Block{.c = c, .stride = c_stride, .add_to_c = add || pair > 0}, x,
                       reinterpret_cast<const std::byte*>(b + pair * 2 * width), 0, width);
    }
}

// ---- Packing ----

int64_t row_bytes(int64_t channels) {
    return channels * static_cast<int64_t>(sizeof(bf16));
}

CHROMA_AVX512_BF16 void pack_queries(const AttentionRows& rows, int64_t count, int64_t channels, float scale,
                                     void* packed) {
    bf16* to = static_cast<bf16*>(packed);
    const __m512 factor = _mm512_set1_ps(scale);
    for (int64_t row = 0; row < count; ++row) {
        for (int64_t channel = 0; channel < channels; channel += kLanes) {
            const __mmask16 mask = lanes(channels - channel);
            const __m512 x = _mm512_mul_ps(load_row(rows, row, channel, mask), factor);
            _mm256_mask_storeu_epi16(to + row * channels + channel, mask, (__m256i)_mm512_cvtneps_pbh(x));
        }
    }
}

// Blocks of kPanel keys: [channels / 2][kPanel][2]; the last one is as narrow as it can be.
CHROMA_AVX512_BF16 void pack_keys(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels,
                                  void* chunk) {
    const int64_t start = first / kPanel * kPanel;
    const int64_t width = std::min(kPanel, padded(keys, kLanes) - start);
    const int64_t count = std::min(kLanes, keys - first);
    bf16* to = static_cast<bf16*>(chunk) + start * channels + (first - start) * 2;
    for (int64_t channel = 0; channel < channels; channel += 2 * kLanes) {
        const __mmask16 low = lanes(channels - channel);
        const __mmask16 high = channels - channel > kLanes ? lanes(channels - channel - kLanes) : 0;
        __m512i m[16];
        for (int64_t i = 0; i < kLanes; ++i) {
            m[i] = i < count ? (__m512i)_mm512_cvtne2ps_pbh(load_row(rows, i, channel + kLanes, high),
                                                            load_row(rows, i, channel, low))
                             : _mm512_setzero_si512();
        }
        transpose(m);
        const int64_t pairs = std::min(kLanes, (channels - channel) / 2);
        for (int64_t pair = 0; pair < pairs; ++pair) {
            _mm512_storeu_si512(to + (channel / 2 + pair) * width * 2, m[pair]);
        }
    }
}

// Panels of kPanel channels: [keys / 2][kPanel][2]; the last one is as narrow as it can be.
CHROMA_AVX512_BF16 void pack_values(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels,
                                    void* chunk) {
    const int64_t all = padded(keys, kLanes);
    const int64_t wide = padded(channels, kLanes);
    const int64_t count = std::min(kLanes, keys - first);
    alignas(64) uint16_t order[2 * kLanes];  // one of the first sixteen, one of the others
    for (int64_t i = 0; i < kLanes; ++i) {
        order[2 * i] = static_cast<uint16_t>(i);
        order[2 * i + 1] = static_cast<uint16_t>(i + kLanes);
    }
    const __m512i interleaved = _mm512_load_si512(order);
    for (int64_t start = 0; start < wide; start += kPanel) {
        const int64_t width = std::min(kPanel, wide - start);
        bf16* panel = static_cast<bf16*>(chunk) + start * all + first * width;
        for (int64_t row = 0; row < kLanes; row += 2) {
            for (int64_t channel = 0; channel < width; channel += kLanes) {
                const __mmask16 mask = lanes(channels - start - channel);
                const float* from = rows.values + row * rows.stride + start + channel;
                const __m512 even = row < count ? _mm512_maskz_loadu_ps(mask, from) : _mm512_setzero_ps();
                const __m512 odd =
                    row + 1 < count ? _mm512_maskz_loadu_ps(mask, from + rows.stride) : _mm512_setzero_ps();
                const auto both = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
                _mm512_storeu_si512(panel + row * width + 2 * channel, _mm512_permutexvar_epi16(interleaved, both));
            }
        }
    }
}

// ---- Softmax ----

CHROMA_AVX512_BF16 void score(const void* queries, const void* keys, int64_t rows, int64_t keys_padded,
                              int64_t channels, float* scores) {
    for (int64_t first = 0; first < keys_padded; first += kPanel) {
        product(static_cast<const bf16*>(queries), channels, static_cast<const bf16*>(keys) + first * channels,
                std::min(kPanel, keys_padded - first), channels / 2, rows, false, scores + first, kAttentionChunk);
    }
}

// The largest score of a row. Four maxima at a time: one would wait for itself.
CHROMA_AVX512_BF16 float largest_score(const float* scores, int64_t keys, float maximum) {
    constexpr int64_t kAtATime = 4;
    __m512 largest[kAtATime];
    for (__m512& each : largest) {
        each = _mm512_set1_ps(maximum);
    }
    int64_t key = 0;
    for (; key + kAtATime * kLanes <= keys; key += kAtATime * kLanes) {
#pragma GCC unroll 4
        for (int64_t i = 0; i < kAtATime; ++i) {
            largest[i] = _mm512_max_ps(largest[i], _mm512_loadu_ps(scores + key + i * kLanes));
        }
    }
    for (; key < keys; key += kLanes) {
        const __mmask16 mask = lanes(keys - key);
        largest[0] = _mm512_mask_max_ps(largest[0], mask, largest[0], _mm512_maskz_loadu_ps(mask, scores + key));
    }
    return _mm512_reduce_max_ps(
        _mm512_max_ps(_mm512_max_ps(largest[0], largest[1]), _mm512_max_ps(largest[2], largest[3])));
}

// A row's probabilities take the first half of its scores' place.
CHROMA_AVX512_BF16 float soften_row(float* scores, int64_t keys, int64_t keys_padded, float* maximum) {
    *maximum = largest_score(scores, keys, *maximum);
    const __m512 base = _mm512_set1_ps(*maximum);
    bf16* to = reinterpret_cast<bf16*>(scores);
    __m512 sum = _mm512_setzero_ps();
    int64_t key = 0;
    for (; key + kLanes <= keys; key += kLanes) {
        const __m512 p = exp2(_mm512_sub_ps(_mm512_loadu_ps(scores + key), base));
        sum = _mm512_add_ps(sum, p);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + key), (__m256i)_mm512_cvtneps_pbh(p));
    }
    if (key < keys_padded) {
        const __mmask16 rest = lanes(keys - key);
        const __m512 x = _mm512_sub_ps(_mm512_maskz_loadu_ps(rest, scores + key), base);
        const __m512 p = _mm512_maskz_mov_ps(rest, exp2(x));
        sum = _mm512_add_ps(sum, p);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + key), (__m256i)_mm512_cvtneps_pbh(p));
    }
    return _mm512_reduce_add_ps(sum);
}

CHROMA_AVX512_BF16 void soften(float* scores, int64_t rows, int64_t keys, int64_t keys_padded, float* maximum,
                               float* sum, float* output, int64_t channels_padded) {
    for (int64_t row = 0; row < rows; ++row) {
        const float before = maximum[row];
        const float added = soften_row(scores + row * kAttentionChunk, keys, keys_padded, &maximum[row]);
        const __m512 scale = exp2(_mm512_set1_ps(before - maximum[row]));
        const float factor = _mm512_cvtss_f32(scale);
        sum[row] = sum[row] * factor + added;
        if (factor != 1.0F) {
            float* out = output + row * channels_padded;
            for (int64_t channel = 0; channel < channels_padded; channel += kLanes) {
                _mm512_storeu_ps(out + channel, _mm512_mul_ps(_mm512_loadu_ps(out + channel), scale));
            }
        }
    }
}

CHROMA_AVX512_BF16 void gather(const float* scores, const void* values, int64_t rows, int64_t keys_padded,
                               int64_t channels_padded, float* output) {
    for (int64_t first = 0; first < channels_padded; first += kPanel) {
        product(reinterpret_cast<const bf16*>(scores), 2 * kAttentionChunk,
                static_cast<const bf16*>(values) + first * keys_padded, std::min(kPanel, channels_padded - first),
                keys_padded / 2, rows, true, output + first, channels_padded);
    }
}

CHROMA_AVX512_BF16 void finish(const float* output, const float* sum, int64_t rows, int64_t channels,
                               int64_t channels_padded, float* to, int64_t stride) {
    for (int64_t row = 0; row < rows; ++row) {
        const __m512 factor = _mm512_set1_ps(1.0F / sum[row]);
        for (int64_t channel = 0; channel < channels; channel += kLanes) {
            const __m512 x = _mm512_loadu_ps(output + row * channels_padded + channel);
            _mm512_mask_storeu_ps(to + row * stride + channel, lanes(channels - channel), _mm512_mul_ps(x, factor));
        }
    }
}

}  // namespace

const AttentionKernels* attention_kernels_bf16() {
    static constexpr AttentionKernels kKernels{row_bytes,   row_bytes, sizeof(bf16), pack_queries, pack_keys,
                                               pack_values, score,     soften,       gather,       finish};
    return has_avx512_bf16() ? &kKernels : nullptr;
}

}  // namespace chroma::onednn

#else

namespace chroma::onednn {

const AttentionKernels* attention_kernels_bf16() {
    return nullptr;
}

}  // namespace chroma::onednn

#endif
