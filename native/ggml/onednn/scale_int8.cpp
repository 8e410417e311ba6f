#include "onednn/scale_int8.h"

#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>
#endif

namespace chroma::onednn {

namespace {

void scale_row(const ColumnScales& columns, float row_scale, const int32_t* sums, float* y) {
    for (int64_t i = 0; i < columns.columns; ++i) {
        const int32_t sum = columns.zeros != nullptr ? sums[i] - columns.zeros[i] : sums[i];
        y[i] = static_cast<float>(sum) * (row_scale * columns.scales[i]);
    }
    if (columns.bias != nullptr) {
        for (int64_t i = 0; i < columns.columns; ++i) {
            y[i] += columns.bias[i];
        }
    }
}

#ifdef CHROMA_X86_KERNELS

constexpr int64_t kLanes = 16;

bool can_stream(const ColumnScales& columns, const float* y, int64_t stride) {
    return has_avx512_vnni() && columns.columns % kLanes == 0 && stride % kLanes == 0 &&
           reinterpret_cast<uintptr_t>(y) % sizeof(__m512) == 0;
}

CHROMA_AVX512 void stream_row(const ColumnScales& columns, float row_scale, const int32_t* sums, float* y) {
    const __m512 scale = _mm512_set1_ps(row_scale);
    for (int64_t i = 0; i < columns.columns; i += kLanes) {
        __m512i sum = _mm512_loadu_si512(sums + i);
        if (columns.zeros != nullptr) {
            sum = _mm512_sub_epi32(sum, _mm512_loadu_si512(columns.zeros + i));
        }
        __m512 value =
            _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scale, _mm512_loadu_ps(columns.scales + i)));
        if (columns.bias != nullptr) {
            value = _mm512_add_ps(value, _mm512_loadu_ps(columns.bias + i));
        }
        _mm512_stream_ps(y + i, value);
    }
}

#endif

}  // namespace

void scale_int8(const ColumnScales& columns, const float* row_scales, int64_t rows, const int32_t* sums, float* y,
                int64_t stride) {
    const auto each_row = [&](auto&& body) {
        for (int64_t row = 0; row < rows; ++row) {
            body(columns, row_scales[row], sums + row * columns.columns, y + row * stride);
        }
    };
#ifdef CHROMA_X86_KERNELS
    if (can_stream(columns, y, stride)) {
        each_row(stream_row);
        _mm_sfence();  // other threads read y after a barrier, which does not order such writes
        return;
    }
#endif
    each_row(scale_row);
}

}  // namespace chroma::onednn
