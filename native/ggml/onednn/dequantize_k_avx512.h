// ggml's K-quants straight to bfloat16, for processors with AVX512_BF16: super-blocks of 256 values with scales for
// every 16 or 32 of them.
#pragma once

#include <cstdint>

#include "ggml.h"
#include "numbers/bf16.h"

namespace chroma::onednn {

// Writes `count` weights, whole super-blocks. Returns false, having done nothing, for a type that is no K-quant.
bool dequantize_k_avx512(ggml_type type, const void* from, bf16* to, int64_t count);

}  // namespace chroma::onednn
