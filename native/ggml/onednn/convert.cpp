#include "onednn/convert.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "onednn/dequantize_avx512.h"
#include "onednn/processor.h"

#ifdef CHROMA_X86_KERNELS
#include <immintrin.h>
#endif

namespace chroma::onednn {

#ifdef CHROMA_X86_KERNELS

namespace {

CHROMA_AVX512_BF16 void to_bf16_avx512(const float* from, bf16* to, size_t count) {
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + i + 16), _mm512_loadu_ps(from + i));
        _mm512_storeu_si512(to + i, (__m512i)pair);
    }
    for (; i < count; ++i) {
        to[i] = round_to_bf16(from[i]);
    }
}

}  // namespace

#endif

void to_bf16(const float* from, bf16* to, size_t count) {
#ifdef CHROMA_X86_KERNELS
    if (has_avx512_bf16()) {
        to_bf16_avx512(from, to, count);
        return;
    }
#endif
    std::transform(from, from + count, to, round_to_bf16);
}

bool can_dequantize(ggml_type type) {
    return type == GGML_TYPE_F32 || ggml_get_type_traits(type)->to_float != nullptr;
}

void dequantize_row(ggml_type type, const void* from, bf16* to, int64_t count) {
    if (type == GGML_TYPE_BF16) {
        std::memcpy(to, from, static_cast<size_t>(count) * sizeof(bf16));
        return;
    }
    if (type == GGML_TYPE_F32) {
        to_bf16(static_cast<const float*>(from), to, static_cast<size_t>(count));
        return;
    }
    if (dequantize_row_avx512(type, from, to, count)) {
        return;
    }
    // By way of float32, a few blocks at a time, so that the floats stay in the first-level cache.
    constexpr int64_t kChunk = 1024;  // whole blocks of every type
    std::array<float, kChunk> floats;
    const auto* bytes = static_cast<const std::byte*>(from);
    for (int64_t first = 0; first < count; first += kChunk) {
        const int64_t size = std::min(kChunk, count - first);
        ggml_get_type_traits(type)->to_float(bytes + ggml_row_size(type, first), floats.data(), size);
        to_bf16(floats.data(), to + first, static_cast<size_t>(size));
    }
}

void dequantize_row(ggml_type type, const void* from, float* to, int64_t count) {
    if (type == GGML_TYPE_F32) {
        std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
        return;
    }
    ggml_get_type_traits(type)->to_float(from, to, count);
}

}  // namespace chroma::onednn
