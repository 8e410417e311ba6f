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

// GELU in its tanh form, of type `to` (Hendrycks and Gimpel 2016), behind `room` channels that are left for others to
// write: [room + C, N]. x: float32 [C, N]. A linear layer that gives x does it on the way, where it can.
ggml_tensor* gelu_tanh(ggml_context* context, ggml_tensor* x, ggml_type to, int64_t room = 0);
bool is_gelu_tanh(const ggml_tensor* node);

// The first of the values in a row of gelu_tanh().
int64_t gelu_room(const ggml_tensor* node);

// x / rms(x) * scale over the first axis, float32 (Zhang and Sennrich 2019). x: float32, any strides beyond the first
// axis.
ggml_tensor* rms_norm(ggml_context* context, ggml_tensor* x, ggml_tensor* scale, float epsilon);

// x + y * gate, in place of y. x and y: float32 [C, N]; gate: [C].
ggml_tensor* gate(ggml_context* context, ggml_tensor* x, ggml_tensor* y, ggml_tensor* gate);

}  // namespace chroma::onednn
