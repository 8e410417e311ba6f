#include "onednn/pack_int8.h"

#include "onednn/processor.h"
#include "onednn/transpose_avx512.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>
#endif

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

constexpr int64_t kLanes = 16;  // rows of W that are packed together: a vector of fours

constexpr int64_t kAhead = 512;  // weights of a row that are fetched before they are packed

CHROMA_AVX512_VNNI void pack_lanes(const int8_t* rows, int64_t stride, int64_t k, int8_t* to, int32_t* sums) {
    constexpr int64_t kBlock = kPackedInt8Rows * kPackedInt8Columns;
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum = _mm512_loadu_si512(sums);
    for (int64_t first = 0; first < k; first += kPackedInt8Rows, to += kBlock) {
        __m512i fours[kLanes];
        for (int64_t lane = 0; lane < kLanes; ++lane) {
            // Sixteen rows that lie far apart are more streams than the processor foresees.
            _mm_prefetch(reinterpret_cast<const char*>(rows + lane * stride + first + kAhead), _MM_HINT_T0);
            fours[lane] = _mm512_loadu_si512(rows + lane * stride + first);
        }
        transpose(fours);
        for (int64_t four = 0; four < kLanes; ++four) {
            sum = _mm512_dpbusd_epi32(sum, ones, fours[four]);
            _mm512_storeu_si512(to + four * 4 * kPackedInt8Columns, fours[four]);
        }
    }
    _mm512_storeu_si512(sums, sum);
}

}  // namespace

bool can_pack_int8(int64_t n, int64_t k) {
    return has_avx512_vnni() && n % kPackedInt8Columns == 0 && k % kPackedInt8Rows == 0;
}

void pack_int8(const int8_t* rows, int64_t stride, int64_t count, int64_t k, int8_t* to, int32_t* sums) {
    for (int64_t row = 0; row < count; row += kLanes) {
        int8_t* column = to + row / kPackedInt8Columns * kPackedInt8Columns * k + row % kPackedInt8Columns * 4;
        pack_lanes(rows + row * stride, stride, k, column, sums + row);
    }
}

#else

bool can_pack_int8(int64_t /*n*/, int64_t /*k*/) {
    return false;
}

void pack_int8(const int8_t* /*rows*/, int64_t /*stride*/, int64_t /*count*/, int64_t /*k*/, int8_t* /*to*/,
               int32_t* /*sums*/) {}

#endif

}  // namespace chroma::onednn
