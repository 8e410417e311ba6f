// RMSNorm: x / rms(x) * scale (Zhang and Sennrich 2019).
#pragma once

#include <string>

#include "nn/norm.h"
#include "weights/weight_loader.h"

namespace chroma {

struct RMSNorm {
    ggml_tensor* scale = nullptr;  // ggml [C]

    RMSNorm() = default;

    // Declares `prefix.scale` [channels].
    RMSNorm(WeightLoader& loader, const std::string& prefix, int64_t channels)
        : scale(loader.declare(prefix + ".scale", {channels}, WeightKind::Vector)) {}

    // Over the first ggml axis.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const { return nn::rms_norm(graph, x, scale); }
};

}  // namespace chroma
