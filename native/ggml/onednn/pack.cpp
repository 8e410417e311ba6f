#include "onednn/pack.h"

#include <algorithm>
#include <array>

#include "onednn/prefetch.h"
#include "onednn/processor.h"
#include "onednn/transpose_avx512.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>
#endif

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

constexpr int64_t kLanes = 16;  // rows of W that are packed together: a vector of pairs

// Weights of a row at a time: whole blocks of every type, and kLanes rows fit the first-level cache.
constexpr int64_t kChunk = 1024;

// 16 rows of `count` bfloat16, kChunk apart, to their place in packed blocks.
CHROMA_AVX512_BF16 void scatter(const bf16* rows, int64_t count, bf16* to) {
    constexpr int64_t kBlock = kPackedRows * kPackedColumns;
    for (int64_t k = 0; k < count; k += kPackedRows, to += kBlock) {
        __m512i pairs[kLanes];
        for (size_t lane = 0; lane < kLanes; ++lane) {
            pairs[lane] = _mm512_loadu_si512(rows + static_cast<int64_t>(lane) * kChunk + k);
        }
        transpose(pairs);
        for (size_t pair = 0; pair < kLanes; ++pair) {
            _mm512_storeu_si512(to + static_cast<int64_t>(pair) * 2 * kPackedColumns, pairs[pair]);
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
            const size_t next = ggml_row_size(type, size);
            for (int64_t lane = 0; lane < kLanes; ++lane) {
                const std::byte* weights = from + static_cast<size_t>(lane) * stride + offset;
                // Sixteen rows that lie far apart are more streams than the processor foresees.
                prefetch(first + size < k ? weights + next : weights + kLanes * stride - offset, next);
                dequantize_row(type, weights, plain.data() + lane * kChunk, size);
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
