#include "onednn/products_int8.h"

#include <cstddef>

#include "onednn/panel_product.h"
#include "onednn/processor.h"

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

constexpr int kUnsignedZeroBits = 7;
static_assert(1 << kUnsignedZeroBits == kUnsignedZero);

struct Product {
    using Sum = __m512i;

    const SliceInt8& slice;
    bool streams;

    [[nodiscard]] CHROMA_AVX512_PRODUCTS float* at(int64_t row, int64_t column) const {
        return slice.y + row * slice.y_stride + column;
    }

    [[nodiscard]] CHROMA_AVX512_PRODUCTS Sum begin(int64_t row, int64_t column) const {
        return slice.first ? _mm512_setzero_si512() : _mm512_loadu_si512(at(row, column));
    }

    CHROMA_AVX512_PRODUCTS static Sum add(Sum sum, __m512i x, __m512i w) { return _mm512_dpbusd_epi32(sum, x, w); }

    CHROMA_AVX512_PRODUCTS void end(int64_t row, int rows, int64_t column, int vectors, const Sum* sums) const {
        if (!slice.last) {
            for (int v = 0; v < vectors; ++v, column += kLanes) {
                for (int i = 0; i < rows; ++i) {
                    _mm512_storeu_si512(at(row + i, column), sums[i * vectors + v]);
                }
            }
            return;
        }
        for (int v = 0; v < vectors; v += 2, column += 2 * kLanes) {
            const Column low = column_at(column);
            const Column high = column_at(column + kLanes);
            for (int i = 0; i < rows; ++i) {
                const Sum* pair = sums + static_cast<ptrdiff_t>(i) * vectors + v;
                const __m512 scale = _mm512_set1_ps(slice.scales.rows[row + i]);
                store_pair(slice, row + i, column, low.scaled(pair[0], scale), high.scaled(pair[1], scale), streams);
            }
        }
    }

    // What turns a vector of columns' sums into floats.
    struct Column {
        __m512i zero;
        __m512 scale;
        __m512 bias;

        [[nodiscard]] CHROMA_AVX512_PRODUCTS __m512 scaled(Sum sum, __m512 row_scale) const {
            const __m512 whole = _mm512_cvtepi32_ps(_mm512_sub_epi32(sum, zero));
            return _mm512_add_ps(_mm512_mul_ps(whole, _mm512_mul_ps(row_scale, scale)), bias);
        }
    };

    [[nodiscard]] CHROMA_AVX512_PRODUCTS Column column_at(int64_t column) const {
        const Scales& scales = slice.scales;
        return {_mm512_slli_epi32(_mm512_loadu_si512(scales.weight_sums + column), kUnsignedZeroBits),
                _mm512_loadu_ps(scales.columns + column),
                scales.bias != nullptr ? _mm512_loadu_ps(scales.bias + column) : _mm512_setzero_ps()};
    }
};

}  // namespace

bool has_products_int8() {
    return has_avx512_vnni() && !has_amx();
}

void multiply_int8(const SliceInt8& slice, const int8_t* panel, int64_t columns) {
    const PanelRows x{.values = reinterpret_cast<const std::byte*>(slice.x),
                      .stride = slice.x_stride,
                      .count = slice.rows,
                      .steps = slice.channels / kStep};
    multiply_panel(Product{slice, streams_past_caches(slice)}, x, reinterpret_cast<const std::byte*>(panel), columns);
}

#else

bool has_products_int8() {
    return false;
}

void multiply_int8(const SliceInt8& /*slice*/, const int8_t* /*panel*/, int64_t /*columns*/) {}

#endif

}  // namespace chroma::onednn
