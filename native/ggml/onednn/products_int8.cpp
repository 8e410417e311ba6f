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
    bool streams;

    [[nodiscard]] CHROMA_AVX512_PRODUCTS float* at(int64_t row, int64_t column) const {
        return slice.y + row * slice.y_stride + column;
    }

    [[nodiscard]] CHROMA_AVX512_PRODUCTS Sum begin(int64_t row, int64_t column) const {
        return slice.first ? _mm512_setzero_si512() : _mm512_loadu_si512(at(row, column));
    }

    CHROMA_AVX512_PRODUCTS static Sum add(Sum sum, __m512i x, __m512i w) { return _mm512_dpbusd_epi32(sum, x, w); }

    CHROMA_AVX512_PRODUCTS void end(int64_t row, int rows, int64_t column, int vectors, const Sum* sums) const {
        for (int v = 0; v < vectors; ++v, column += kLanes) {
            if (slice.last) {
                scale(row, rows, column, vectors, sums + v);
                continue;
            }
            for (int i = 0; i < rows; ++i) {
                _mm512_storeu_si512(at(row + i, column), sums[i * vectors + v]);
            }
        }
    }

    // One vector of columns; a row's sums lie `stride` vectors apart.
    CHROMA_AVX512_PRODUCTS void scale(int64_t row, int rows, int64_t column, int64_t stride, const Sum* sums) const {
        const Scales& scales = slice.scales;
        const __m512i zero = _mm512_slli_epi32(_mm512_loadu_si512(scales.weight_sums + column), kUnsignedZeroBits);
        const __m512 of_column = _mm512_loadu_ps(scales.columns + column);
        const __m512 bias = scales.bias != nullptr ? _mm512_loadu_ps(scales.bias + column) : _mm512_setzero_ps();
        for (int i = 0; i < rows; ++i) {
            const __m512 sum = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums[i * stride], zero));
            const __m512 factor = _mm512_mul_ps(_mm512_set1_ps(scales.rows[row + i]), of_column);
            store(at(row + i, column), _mm512_add_ps(_mm512_mul_ps(sum, factor), bias), streams);
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
    const bool streams = slice.last && slice.past_caches && can_stream(slice.y, slice.y_stride);
    multiply_panel(Product{slice, streams}, x, reinterpret_cast<const std::byte*>(panel), columns);
}

#else

bool has_products_int8() {
    return false;
}

void multiply_int8(const SliceInt8& /*slice*/, const int8_t* /*panel*/, int64_t /*columns*/) {}

#endif

}  // namespace chroma::onednn
