// The encoder of FLUX's autoencoder, under Black Forest Labs' names.
#pragma once

#include <vector>

#include "autoencoder/level.h"

namespace chroma::autoencoder {

struct Encoder {
    nn::Conv2d conv_in;
    std::vector<Level> down;  // from the full size to the smallest
    Mid mid;
    Out out;

    explicit Encoder(WeightLoader& loader);

    [[nodiscard]] int64_t latent_channels() const { return out.channels / 2; }
    [[nodiscard]] int64_t downscale() const;
    [[nodiscard]] int64_t block_count() const;

    // x: ggml [W, H, 3, B] -> moments [W/8, H/8, 2 * latent channels, B]: mean, then the logarithm of the variance
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // From the smallest size on: the last level's blocks, mid and the output layers.
    ggml_tensor* forward_tail(Graph& graph, ggml_tensor* x) const;
};

}  // namespace chroma::autoencoder
