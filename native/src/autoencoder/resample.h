// The steps between the autoencoder's levels, each a factor of 2.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"
#include "nn/conv.h"

namespace chroma::autoencoder {

// Twice the size: every pixel four times, then a convolution.
class Upsample {
  public:
    Upsample(WeightLoader& loader, const std::string& prefix, int64_t channels);

    // x: ggml [W, H, C, B] -> [2W, 2H, C, B]
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // Of a part of a picture, with one more pixel on each side: [W + 2, H + 2, C] -> [2W + 2, 2H + 2, C].
    ggml_tensor* forward_part(Graph& graph, ggml_tensor* x) const;

    nn::Conv2d conv;

  private:
    std::string prefix_;
};

// Half the size by a convolution with stride 2; the one missing row and column are zeros on the right and at the
// bottom.
class Downsample {
  public:
    Downsample(WeightLoader& loader, const std::string& prefix, int64_t channels);

    // x: ggml [W, H, C, B] with even sides -> [W/2, H/2, C, B]
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // Of a part of a picture, with one more row and column: [2W + 1, 2H + 1, C] -> [W, H, C].
    ggml_tensor* forward_part(Graph& graph, ggml_tensor* x) const;

    nn::Conv2d conv;

  private:
    std::string prefix_;
};

}  // namespace chroma::autoencoder
