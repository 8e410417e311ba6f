// Activations as rows of int8: what int8/int8.h does to a row, for many rows.
#pragma once

#include <cstdint>

#include "ggml.h"

namespace chroma::onednn {

// One row of x, float32 or bfloat16, as int8, or as int8 + kUnsignedZero (products_int8.h); returns its scale. floats
// is scratch of ne[0] values.
float encode_int8(const ggml_tensor* x, int64_t row, bool to_unsigned, float* floats, int8_t* to);

}  // namespace chroma::onednn
