// GroupNorm over 32 groups of channels (Wu and He 2018).
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"
#include "weights/weight_loader.h"

namespace chroma::autoencoder {

struct GroupNorm {
    static constexpr int64_t kGroups = 32;

    ggml_tensor* scale = nullptr;  // ggml [C]
    ggml_tensor* bias = nullptr;   // ggml [C]

    GroupNorm() = default;
    GroupNorm(WeightLoader& loader, const std::string& prefix, int64_t channels);

    // x: ggml [W, H, C, B]; each group's mean and variance are those of x.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // With means and reciprocal standard deviations from elsewhere, each ggml [C]: x is a part of a picture, and they
    // are those of the whole.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, ggml_tensor* mean, ggml_tensor* reciprocal_deviation) const;
};

}  // namespace chroma::autoencoder
