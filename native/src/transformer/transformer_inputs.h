// The inputs of one forward call, checked.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chroma.h"
#include "transformer/packing.h"
#include "transformer/sizes.h"
#include "transformer/step_cache.h"

namespace chroma {

struct TransformerInputs {
    int64_t batch = 0;
    LatentShape latent_shape{};
    int64_t text_tokens = 0;
    std::vector<std::vector<int32_t>> kept_text;  // of each sample: the positions that context_mask keeps

    // Empty when only sizes were read.
    std::span<const float> latent;    // [B, C, H, W]
    std::span<const float> timestep;  // [B]
    std::span<const float> context;   // [B, T, context]

    // One sample's latent, [C, H, W].
    [[nodiscard]] std::span<const float> latent_of(int64_t sample) const {
        const auto size = static_cast<size_t>(latent_shape.elements());
        return latent.subspan(static_cast<size_t>(sample) * size, size);
    }

    StepCache* cache = nullptr;  // of the samples, by their place in the batch; null: none

    // Checks sizes and context_mask alone, as planning needs them.
    static TransformerInputs read_sizes(const chroma_transformer_inputs& inputs, const TransformerSizes& sizes);

    // Checks everything: every value that the network sees is finite, every timestep in 0..1.
    static TransformerInputs read(const chroma_transformer_inputs& inputs, const TransformerSizes& sizes);
};

}  // namespace chroma
