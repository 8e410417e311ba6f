// One value per channel of an image.
#pragma once

#include "graph/graph.h"

namespace chroma::nn {

// values: ggml [C] -> [W, 1, C], to be added to or multiplied with x [W, H, C, B]. ggml broadcasts whole rows nine
// times as fast as single values.
inline ggml_tensor* per_channel(Graph& graph, ggml_tensor* values, const ggml_tensor* x) {
    ggml_tensor* single = ggml_reshape_3d(graph.context(), values, 1, 1, values->ne[0]);
    return ggml_repeat_4d(graph.context(), single, x->ne[0], 1, values->ne[0], 1);
}

}  // namespace chroma::nn
