#include "onednn/products_int8.h"

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

    [[nodiscard]] CHROMA_AVX512_PRODUCTS float* at(int64_t row, int64_t column) const {
        return slice.y + row * slice.y_stride + column;
    }

    [[nodiscard]] CHROMA_AVX512_PRODUCTS Sum begin(int64_t row, int64_t column) const {
        return slice.first ? _mm512_setzero_si512() : _mm512_loadu_si512(at(row, column));
    }

    CHROMA_AVX512_PRODUCTS static Sum add(Sum sum, __m512i x, __m512i w) { return _mm512_dpbusd_epi32(sum, x, w); }

    CHROMA_AVX512_PRODUCTS void end(int64_t row, int64_t column, Sum sum) const {
        _mm512_storeu_si512(at(row, column), sum);
    }

    CHROMA_AVX512_PRODUCTS void finish(int64_t row, int64_t rows, int64_t column) const {
        if (!slice.last) {
            return;
        }
        const Scales& scales = slice.scales;
        for (int64_t j = column; j < column + kTileColumns; j += kLanes) {
            const __m512i zero = _mm512_slli_epi32(_mm512_loadu_si512(scales.weight_sums + j), kUnsignedZeroBits);
            const __m512 of_column = _mm512_loadu_ps(scales.columns + j);
            const __m512 bias = scales.bias != nullptr ? _mm512_loadu_ps(scales.bias + j) : _mm512_setzero_ps();
            for (int64_t i = row; i < row + rows; ++i) {
                const __m512 sum = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_loadu_si512(at(i, j)), zero));
                const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(scales.rows[i]), of_column);
                _mm512_storeu_ps(at(i, j), _mm512_add_ps(_mm512_mul_ps(sum, scale), bias));
            }
        }
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
    multiply_panel(Product{slice}, x, reinterpret_cast<const std::byte*>(panel), columns);
}

#else

bool has_products_int8() {
    return false;
}

void multiply_int8(const SliceInt8& /*slice*/, const int8_t* /*panel*/, int64_t /*columns*/) {}

#endif

}  // namespace chroma::onednn
