// The feed-forward part of a double block: Linear, GELU, Linear, named 0, 1 and 2 as PyTorch's Sequential does.
#pragma once

#include <string>

#include "nn/linear.h"
#include "transformer/tokens.h"

namespace chroma {

struct Mlp {
    std::string name;
    nn::Linear in;
    nn::Linear out;

    Mlp() = default;

    // Declares `prefix.0` [hidden, channels] and `prefix.2` [channels, hidden].
    Mlp(WeightLoader& loader, const std::string& prefix, int64_t channels, int64_t hidden);

    // x: ggml [channels, N] -> [channels, N]
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, const TokenStream& stream) const;
};

}  // namespace chroma
