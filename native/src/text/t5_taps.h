// Taps over T5's tokens.
#pragma once

#include <string>

#include "graph/graph.h"
#include "text/t5_visibility.h"

namespace chroma::t5 {

// x: ggml [C, samples * tokens], shown as [B, T, C].
inline ggml_tensor* tap_tokens(Graph& graph, const std::string& name, ggml_tensor* x, const T5Batch& batch) {
    return graph.tap(name, x, {{batch.samples, batch.tokens, x->ne[0]}, nullptr, 0});
}

}  // namespace chroma::t5
