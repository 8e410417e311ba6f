#include "onednn/products_bf16.h"

#include <cstddef>

#include "onednn/panel_product.h"
#include "onednn/processor.h"

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

struct Product {
    using Sum = __m512;

    const SliceBf16& slice;
    bool streams;

    [[nodiscard]] CHROMA_AVX512_PRODUCTS float* at(int64_t row, int64_t column) const {
        return slice.y + row * slice.y_stride + column;
    }

    [[nodiscard]] CHROMA_AVX512_PRODUCTS Sum begin(int64_t row, int64_t column) const {
        return slice.first ? _mm512_setzero_ps() : _mm512_loadu_ps(at(row, column));
    }

    CHROMA_AVX512_PRODUCTS static Sum add(Sum sum, __m512i x, __m512i w) {
        return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)w);
    }

    CHROMA_AVX512_PRODUCTS void end(int64_t row, int rows, int64_t column, int vectors, const Sum* sums) const {
        const bool biased = slice.last && slice.bias != nullptr;
        for (int v = 0; v < vectors; v += 2, column += 2 * kLanes) {
            const __m512 low = biased ? _mm512_loadu_ps(slice.bias + column) : _mm512_setzero_ps();
            const __m512 high = biased ? _mm512_loadu_ps(slice.bias + column + kLanes) : _mm512_setzero_ps();
            for (int i = 0; i < rows; ++i) {
                const Sum* pair = sums + static_cast<ptrdiff_t>(i) * vectors + v;
                store_pair(slice, row + i, column, _mm512_add_ps(pair[0], low), _mm512_add_ps(pair[1], high), streams);
            }
        }
    }
};

}  // namespace

bool has_products_bf16() {
    return has_avx512_bf16() && !has_amx();
}

void multiply_bf16(const SliceBf16& slice, const bf16* panel, int64_t columns) {
    constexpr auto kSize = static_cast<int64_t>(sizeof(bf16));
    const PanelRows x{.values = reinterpret_cast<const std::byte*>(slice.x),
                      .stride = slice.x_stride * kSize,
                      .count = slice.rows,
                      .steps = slice.channels * kSize / kStep};
    multiply_panel(Product{slice, streams_past_caches(slice)}, x, reinterpret_cast<const std::byte*>(panel), columns);
}

#else

bool has_products_bf16() {
    return false;
}

void multiply_bf16(const SliceBf16& /*slice*/, const bf16* /*panel*/, int64_t /*columns*/) {}

#endif

}  // namespace chroma::onednn
