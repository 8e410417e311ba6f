// Activations in float32. ggml's own GELU reads a half-precision table, which is too coarse to compare implementations
// with.
#pragma once

#include "graph/graph.h"

namespace chroma::nn {

// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016, the tanh form), computed as
// x * sigmoid(2 sqrt(2/pi) (...)). The result has the type `to`: F32, or what Graph::input_type() says.
ggml_tensor* gelu_tanh(Graph& graph, ggml_tensor* x, ggml_type to = GGML_TYPE_F32);

// The same behind `room` channels that are left for others to write: ggml [C, N] -> [room + C, N]. Where the graph's
// kernels fuse.
ggml_tensor* gelu_tanh_behind(Graph& graph, ggml_tensor* x, int64_t room, ggml_type to);

// x * sigmoid(x)
ggml_tensor* silu(Graph& graph, ggml_tensor* x);

}  // namespace chroma::nn
