// Taps over images.
#pragma once

#include <string>

#include "graph/graph.h"

namespace chroma::autoencoder {

// x: ggml [W, H, C, B], shown as [B, C, H, W].
inline ggml_tensor* tap_image(Graph& graph, const std::string& name, ggml_tensor* x) {
    return graph.tap(name, x, {{x->ne[3], x->ne[2], x->ne[1], x->ne[0]}, nullptr, 0});
}

}  // namespace chroma::autoencoder
