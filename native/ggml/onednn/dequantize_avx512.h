// Stored types straight to bfloat16, for processors with AVX512_BF16.
#pragma once

#include <cstdint>

#include "ggml.h"
#include "onednn/convert.h"

namespace chroma::onednn {

// Writes a row of `count` weights, whole blocks. Returns false, having done nothing, for a type or a processor that it
// is not for.
bool dequantize_row_avx512(ggml_type type, const void* from, bf16* to, int64_t count);

}  // namespace chroma::onednn
