// The decoder of FLUX's autoencoder, under Black Forest Labs' names.
#pragma once

#include <vector>

#include "autoencoder/level.h"

namespace chroma::autoencoder {

struct Decoder {
    nn::Conv2d conv_in;
    Mid mid;
    std::vector<Level> up;  // up.0 is the full size: run from the last to the first
    Out out;

    explicit Decoder(WeightLoader& loader);

    [[nodiscard]] int64_t latent_channels() const { return conv_in.weight->ne[2]; }
    [[nodiscard]] int64_t upscale() const { return int64_t{1} << (up.size() - 1); }
    [[nodiscard]] int64_t block_count() const;

    // z: ggml [W, H, latent channels, B] -> [8W, 8H, 3, B]
    ggml_tensor* forward(Graph& graph, ggml_tensor* z) const;

    // The smallest size: conv_in, mid and the blocks of the first level that runs.
    ggml_tensor* forward_head(Graph& graph, ggml_tensor* z) const;
};

}  // namespace chroma::autoencoder
