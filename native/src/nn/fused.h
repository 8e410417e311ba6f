// Chains of element-wise operations in one pass over the memory, for the CPU: ggml makes a pass for every link of a
// chain, which at these sizes costs more than the arithmetic. Used where Graph::fuses(); the functions of the same
// names in nn/ choose.
#pragma once

#include "graph/graph.h"

namespace chroma::nn::fused {

// x * factor + shift, of type `to` (F32 or BF16). x: [C, N] float32; factor and shift: [C].
ggml_tensor* modulate(Graph& graph, ggml_tensor* x, ggml_tensor* factor, ggml_tensor* shift, ggml_type to);

// GELU in its tanh form, of type `to`. x: [C, N] float32, rows contiguous.
ggml_tensor* gelu_tanh(Graph& graph, ggml_tensor* x, ggml_type to);

// beside's channels, then those of GELU(x): [Ca + C, N] of type `to`.
ggml_tensor* beside_gelu_tanh(Graph& graph, ggml_tensor* beside, ggml_tensor* x, ggml_type to);

// x / rms(x) * scale over the first axis, float32. x: any strides beyond the first axis.
ggml_tensor* rms_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale);

// x + y * gate, in place of y. x and y: [C, N] float32; gate: [C].
ggml_tensor* gate(Graph& graph, ggml_tensor* x, ggml_tensor* y, ggml_tensor* gate);

}  // namespace chroma::nn::fused
