// Self-attention with one head over all pixels, added to the input.
#pragma once

#include <cstdint>
#include <string>

#include "autoencoder/group_norm.h"
#include "graph/graph.h"
#include "nn/conv.h"

namespace chroma::autoencoder {

class AttnBlock {
  public:
    AttnBlock(WeightLoader& loader, const std::string& prefix, int64_t channels);

    // x: ggml [W, H, C, B] -> the same
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // The parts, for pictures (pictures.h).
    GroupNorm norm;
    nn::Conv2d q;
    nn::Conv2d k;
    nn::Conv2d v;
    nn::Conv2d proj_out;

  private:
    std::string prefix_;
};

}  // namespace chroma::autoencoder
