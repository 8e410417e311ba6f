// Linear layers whose input may exceed half precision.
#pragma once

#include "graph/graph.h"
#include "nn/linear.h"

namespace chroma::t5 {

// y = W x, for any x that float32 holds.
//
// ggml brings the activations of a product to the precision of the weights' kernel: F16 for F16 weights, blocks with
// F16 scales (and, for Q4_1 and Q5_1, F16 sums) for quantised ones. T5-XXL has activations beyond 65504 before `wo`,
// which become infinite there and NaN in the next norm. So each row is brought to a root mean square of 1 first, where
// none of its d elements exceeds sqrt(d), and the result is multiplied by what the row was divided by: the same
// function, in range for every type. F32 and BF16 weights have float32's range and are left alone.
ggml_tensor* wide_range_linear(Graph& graph, const nn::Linear& linear, ggml_tensor* x);

}  // namespace chroma::t5
