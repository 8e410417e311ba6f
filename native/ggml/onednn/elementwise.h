// Chains of element-wise operations in one pass over the memory: ggml makes a pass for every link of a chain, which at
// these sizes costs more than the arithmetic.
#pragma once

#include <cstdint>

#include "ggml.h"

namespace chroma::onednn {

// (x - mean) / deviation of each row, float32 (Ba et al. 2016). x: float32 [C, N]. Left to modulate(), if that reads
// it.
ggml_tensor* layer_norm(ggml_context* context, ggml_tensor* x, float epsilon);

// x * factor + shift, of type `to` (F32 or BF16). x: float32 [C, N]; factor and shift: [C].
ggml_tensor* modulate(ggml_context* context, ggml_tensor* x, ggml_tensor* factor, ggml_tensor* shift, ggml_type to);

// GELU in its tanh form, of type `to` (Hendrycks and Gimpel 2016). x: float32 [C, N], rows contiguous.
ggml_tensor* gelu_tanh(ggml_context* context, ggml_tensor* x, ggml_type to);

// beside's channels, then those of GELU(x): [Ca + C, N] of type `to`.
ggml_tensor* beside_gelu_tanh(ggml_context* context, ggml_tensor* beside, ggml_tensor* x, ggml_type to);

// x / rms(x) * scale over the first axis, float32 (Zhang and Sennrich 2019). x: float32, any strides beyond the first
// axis.
ggml_tensor* rms_norm(ggml_context* context, ggml_tensor* x, ggml_tensor* scale, float epsilon);

// x + y * gate, in place of y. x and y: float32 [C, N]; gate: [C].
ggml_tensor* gate(ggml_context* context, ggml_tensor* x, ggml_tensor* y, ggml_tensor* gate);

}  // namespace chroma::onednn
