// Normalisations, all with epsilon 1e-6 as Chroma, T5 and the autoencoder have it.
#pragma once

#include "graph/graph.h"

namespace chroma::nn {

inline constexpr float kNormEpsilon = 1e-6F;

// Over the first ggml axis, without weights (Ba et al. 2016).
ggml_tensor* layer_norm(Graph& graph, ggml_tensor* x);

// x / rms(x) * scale over the first ggml axis (Zhang and Sennrich 2019). scale: ggml [C]
ggml_tensor* rms_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale);

// x: ggml [W, H, C, B]; scale, bias: ggml [C] (Wu and He 2018).
ggml_tensor* group_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale, ggml_tensor* bias, int groups = 32);

}  // namespace chroma::nn
