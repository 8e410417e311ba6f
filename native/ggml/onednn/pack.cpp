#include "onednn/pack.h"

#include <algorithm>
#include <array>

#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>
#endif

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

constexpr int64_t kLanes = 16;  // rows of W that are packed together: a vector of pairs

// Weights of a row at a time: whole blocks of every type, and kLanes rows fit the first-level cache.
constexpr int64_t kChunk = 1024;

struct Tile {
    __m512i row[kLanes];  // no std::array: a vector's attributes are lost in template arguments
};

// Turns 16 vectors of 16 pairs (row by row) into 16 vectors of 16 rows (pair by pair).
CHROMA_AVX512_BF16 inline void transpose(Tile& tile) {
    Tile other;
    __m512i* r = tile.row;
    __m512i* t = other.row;
    for (size_t i = 0; i < kLanes; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (size_t i = 0; i < kLanes; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    // Now r[4 g + j] holds column 4 q + j of rows 4 g .. 4 g + 3 in its quarter q; the quarters change places with the
    // groups.
    for (size_t j = 0; j < 4; ++j) {
        const __m512i low_even = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88);
        const __m512i low_odd = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xDD);
        const __m512i high_even = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
        const __m512i high_odd = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xDD);
        t[j] = _mm512_shuffle_i32x4(low_even, high_even, 0x88);
        t[8 + j] = _mm512_shuffle_i32x4(low_even, high_even, 0xDD);
        t[4 + j] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
        t[12 + j] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xDD);
    }
    tile = other;
}

// 16 rows of `count` bfloat16, kChunk apart, to their place in packed blocks.
CHROMA_AVX512_BF16 void scatter(const bf16* rows, int64_t count, bf16* to) {
    constexpr int64_t kBlock = kPackedRows * kPackedColumns;
    for (int64_t k = 0; k < count; k += kPackedRows, to += kBlock) {
        Tile tile;
        for (size_t lane = 0; lane < kLanes; ++lane) {
            tile.row[lane] = _mm512_loadu_si512(rows + static_cast<int64_t>(lane) * kChunk + k);
        }
        transpose(tile);
        for (size_t pair = 0; pair < kLanes; ++pair) {
            _mm512_storeu_si512(to + static_cast<int64_t>(pair) * 2 * kPackedColumns, tile.row[pair]);
        }
    }
}

}  // namespace

bool can_pack(ggml_type type, int64_t k) {
    return has_avx512_bf16() && k % kPackedRows == 0 && k % ggml_blck_size(type) == 0 && can_dequantize(type);
}

void pack(ggml_type type, const std::byte* rows, size_t stride, int64_t count, int64_t k, bf16* to) {
    alignas(64) std::array<bf16, kLanes * kChunk> plain;
    for (int64_t row = 0; row < count; row += kLanes) {
        const std::byte* from = rows + static_cast<size_t>(row) * stride;
        bf16* column = to + row / kPackedColumns * kPackedColumns * k + row % kPackedColumns * 2;
        for (int64_t first = 0; first < k; first += kChunk) {
            const int64_t size = std::min(kChunk, k - first);
            const size_t offset = ggml_row_size(type, first);
            for (int64_t lane = 0; lane < kLanes; ++lane) {
                dequantize_row(type, from + static_cast<size_t>(lane) * stride + offset, plain.data() + lane * kChunk,
                               size);
            }
            scatter(plain.data(), size, column + first * kPackedColumns);
        }
    }
}

#else

bool can_pack(ggml_type /*type*/, int64_t /*k*/) {
    return false;
}

void pack(ggml_type /*type*/, const std::byte* /*rows*/, size_t /*stride*/, int64_t /*count*/, int64_t /*k*/,
          bf16* /*to*/) {}

#endif

}  // namespace chroma::onednn
