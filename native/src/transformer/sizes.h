// Everything that the shapes of a Chroma checkpoint say about the network.
#pragma once

#include <array>
#include <cstdint>

#include "nn/rope.h"
#include "transformer/modulation.h"
#include "weights/weight_loader.h"

namespace chroma {

struct TransformerSizes {
    int64_t hidden = 0;
    int64_t heads = 0;
    int64_t head_size = 0;
    int64_t double_blocks = 0;
    int64_t single_blocks = 0;
    int64_t mlp = 0;
    int64_t context = 0;
    int64_t latent_channels = 0;
    int64_t approximator_inputs = 0;
    int64_t approximator_hidden = 0;
    int64_t approximator_layers = 0;
    nn::RopeAxes rope;

    // The channels of an image token.
    [[nodiscard]] int64_t token_channels() const;

    [[nodiscard]] ModulationIndex modulation() const { return {double_blocks, single_blocks}; }

    // Reads them from a checkpoint. rope_axes: as chroma_load_options has it, all 0 for the file's or the default.
    // Throws MISSING_TENSOR, TENSOR_SHAPE or INVALID_ARGUMENT (rope axes) with the file and the tensor.
    static TransformerSizes infer(const WeightLoader& loader, const std::array<int32_t, 3>& rope_axes);

    // The same but for the rope axes, which need not be told to know which tensors there must be.
    static TransformerSizes infer(const WeightLoader& loader);
};

}  // namespace chroma
