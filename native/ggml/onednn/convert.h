// From stored weights and float32 activations to the numbers that are multiplied.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ggml.h"
#include "numbers/bf16.h"

namespace chroma::onednn {

// Rounds to nearest even.
void to_bf16(const float* from, bf16* to, size_t count);

// True if rows of this type can be dequantised here.
bool can_dequantize(ggml_type type);

// One row of `count` weights in their stored form, `count` being whole blocks.
void dequantize_row(ggml_type type, const void* from, bf16* to, int64_t count);
void dequantize_row(ggml_type type, const void* from, float* to, int64_t count);

}  // namespace chroma::onednn
