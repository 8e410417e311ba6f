// Products of many rows of x with a panel of weights in the order of pack.h or pack_int8.h, in AVX-512's registers.
// What a step multiplies, where sums begin and what becomes of them is the product's: see products_bf16.cpp and
// products_int8.cpp.
#pragma once

#include "numbers/bf16.h"
#include "onednn/functions_avx512.h"
#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace chroma::onednn {

// A tile is 6 rows by 4 vectors: its 24 sums leave registers for four vectors of weights and a row's value.
inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = 4;
inline constexpr int64_t kLanes = 16;
inline constexpr int64_t kTileColumns = kLanes * kTileVectors;

// Rows of x that meet a whole panel before the next ones do. They, the next ones and a block of 64 columns share the
// second-level cache.
inline constexpr int64_t kRowsOfAShare = 48;

// Rows of vectors can be written past the caches if each is a cache line.
template <typename T>
bool can_stream(const T* y, int64_t stride) {
    constexpr int64_t kLine = sizeof(__m512);
    return stride * static_cast<int64_t>(sizeof(T)) % kLine == 0 && reinterpret_cast<uintptr_t>(y) % kLine == 0;
}

CHROMA_AVX512_PRODUCTS inline void store(float* to, __m512 values, bool stream) {
    if (stream) {
        _mm512_stream_ps(to, values);
    } else {
        _mm512_storeu_ps(to, values);
    }
}

// Whether the last slice of a product, of SliceBf16 or SliceInt8, is written past the caches.
template <typename Slice>
bool streams_past_caches(const Slice& slice) {
    return slice.last && slice.past_caches &&
           (slice.gelu.wanted() ? can_stream(slice.gelu.y, slice.gelu.stride) : can_stream(slice.y, slice.y_stride));
}

// Two vectors of a slice's sums, or GELU of the last one's.
template <typename Slice>
CHROMA_AVX512_PRODUCTS inline void store_pair(const Slice& slice, int64_t row, int64_t column, __m512 low, __m512 high,
                                              bool stream) {
    if (!slice.last || !slice.gelu.wanted()) {
        float* to = slice.y + row * slice.y_stride + column;
        store(to, low, stream);
        store(to + kLanes, high, stream);
        return;
    }
    bf16* to = slice.gelu.y + row * slice.gelu.stride + column;
    const auto both = (__m512i)_mm512_cvtne2ps_pbh(gelu_tanh(high), gelu_tanh(low));
    if (stream) {
        _mm512_stream_si512(reinterpret_cast<__m512i*>(to), both);
    } else {
        _mm512_storeu_si512(to, both);
    }
}

// A step multiplies four bytes of a row with four bytes of each column: pairs of bfloat16 or fours of int8.
inline constexpr int64_t kStep = 4;

// Rows of x, `stride` bytes apart, of `steps` steps each.
struct PanelRows {
    const std::byte* values;
    int64_t stride;
    int64_t count;
    int64_t steps;
};

// Adds the products of steps `first` to `end` - 1. Nothing but sums may want a register in here: this loop is all that
// counts.
template <int Rows, int Vectors, typename Product>
[[gnu::always_inline]] CHROMA_AVX512_PRODUCTS inline void add_steps(typename Product::Sum (&sums)[Rows][Vectors],
                                                                    const std::byte* values, int64_t stride,
                                                                    const std::byte* w, int64_t first, int64_t end) {
    for (int64_t step = first; step < end; ++step) {
        __m512i columns[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            columns[v] = _mm512_loadu_si512(w + (step * Vectors + v) * kLanes * kStep);
        }
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i) {
            int32_t bytes = 0;
            std::memcpy(&bytes, values + i * stride + step * kStep, sizeof(bytes));
            const __m512i value = _mm512_set1_epi32(bytes);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) {
                sums[i][v] = Product::add(sums[i][v], value, columns[v]);
            }
        }
    }
}

// `Rows` rows from `row` times 16 `Vectors` columns from `column`, which lie at `w`: [steps][16 Vectors][kStep]. ahead:
// a row that is fetched into the second-level cache meanwhile; null: none.
template <int Rows, int Vectors, typename Product>
CHROMA_AVX512_PRODUCTS inline void multiply_tile(const Product& product, const PanelRows& x, int64_t row,
                                                 const std::byte* w, int64_t column, const std::byte* ahead = nullptr) {
    typename Product::Sum sums[Rows][Vectors];
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            sums[i][v] = product.begin(row + i, column + kLanes * v);
        }
    }
    const std::byte* values = x.values + row * x.stride;
    int64_t step = 0;
    if (ahead != nullptr) {
        constexpr int64_t kStepsOfALine = 64 / kStep;
        for (; step + kStepsOfALine <= x.steps; step += kStepsOfALine) {
            _mm_prefetch(reinterpret_cast<const char*>(ahead + step * kStep), _MM_HINT_T1);
            add_steps<Rows, Vectors, Product>(sums, values, x.stride, w, step, step + kStepsOfALine);
        }
    }
    add_steps<Rows, Vectors, Product>(sums, values, x.stride, w, step, x.steps);
    typename Product::Sum tile[Rows][Vectors];
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            tile[i][v] = sums[i][v];
        }
    }
    product.end(row, Rows, column, Vectors, &tile[0][0]);
}

// All rows of x, whole tiles of them, times one block of 16 to 64 columns from `column`.
template <typename Product>
CHROMA_AVX512_PRODUCTS void multiply_block(const Product& product, const PanelRows& x, const std::byte* w,
                                           int64_t column, int64_t columns) {
    for (int64_t row = 0; row < x.count; row += kTileRows) {
        switch (columns / kLanes) {
            case 1:
                multiply_tile<kTileRows, 1>(product, x, row, w, column);
                break;
            case 2:
                multiply_tile<kTileRows, 2>(product, x, row, w, column);
                break;
            case 3:
                multiply_tile<kTileRows, 3>(product, x, row, w, column);
                break;
            default:
                multiply_tile<kTileRows, kTileVectors>(product, x, row, w, column);
                break;
        }
    }
}

// Calls multiply_tile for the rows that are left below a whole tile.
template <int Rows, typename Product>
CHROMA_AVX512_PRODUCTS inline void multiply_rest(const Product& product, const PanelRows& x, int64_t row,
                                                 const std::byte* w, int64_t column) {
    if constexpr (Rows > 0) {
        if (x.count - row == Rows) {
            multiply_tile<Rows, kTileVectors>(product, x, row, w, column);
        } else {
            multiply_rest<Rows - 1>(product, x, row, w, column);
        }
    }
}

// All rows of x times a panel of `columns` columns, a multiple of 64.
template <typename Product>
CHROMA_AVX512_PRODUCTS void multiply_panel(const Product& product, const PanelRows& x, const std::byte* panel,
                                           int64_t columns) {
    for (int64_t first = 0; first < x.count; first += kRowsOfAShare) {
        const int64_t end = std::min(first + kRowsOfAShare, x.count);
        int64_t ahead = end;  // a row of the next share with every tile: large x come from memory, which takes its time
        for (int64_t column = 0; column < columns; column += kTileColumns) {
            const std::byte* w = panel + column * x.steps * kStep;
            int64_t row = first;
            for (; row + kTileRows <= end; row += kTileRows) {
                const bool fetches = ahead < x.count;
                multiply_tile<kTileRows, kTileVectors>(product, x, row, w, column,
                                                       fetches ? x.values + ahead++ * x.stride : nullptr);
            }
            if (row < end) {
                multiply_rest<kTileRows - 1>(product, x, row, w, column);
            }
        }
    }
    _mm_sfence();  // other threads read the result after a barrier, which does not order writes past the caches
}

}  // namespace chroma::onednn

#endif
