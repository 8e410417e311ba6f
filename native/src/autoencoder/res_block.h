// Residual block: two convolutions, each after a norm and swish, added to the input (He et al. 2016).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "autoencoder/group_norm.h"
#include "graph/graph.h"
#include "nn/conv.h"

namespace chroma::autoencoder {

class ResBlock {
  public:
    // A nin_shortcut (1x1 convolution) is there when the number of channels changes.
    ResBlock(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out);

    // x: ggml [W, H, in, B] -> [W, H, out, B]
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // The parts, for tiles (tiled_pass.h).
    GroupNorm norm1;
    nn::Conv2d conv1;
    GroupNorm norm2;
    nn::Conv2d conv2;
    std::optional<nn::Conv2d> shortcut;
    int64_t in_channels;
    int64_t out_channels;

  private:
    std::string prefix_;
};

}  // namespace chroma::autoencoder
