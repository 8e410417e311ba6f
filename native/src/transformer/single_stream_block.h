// SingleStreamBlock: text and image in one stream, attention and MLP side by side between two linear layers (Dehghani
// et al. 2023).
#pragma once

#include <string>

#include "nn/linear.h"
#include "transformer/block_context.h"
#include "transformer/modulation.h"
#include "transformer/qk_norm.h"
#include "transformer/sizes.h"

namespace chroma {

class SingleStreamBlock {
  public:
    // Declares the block's tensors under `single_blocks.N`.
    SingleStreamBlock(WeightLoader& loader, const std::string& prefix, const TransformerSizes& sizes);

    // x: the joint stream, ggml [C, N]
    [[nodiscard]] ggml_tensor* forward(const BlockContext& context, ggml_tensor* x,
                                       const ModulationOut& modulation) const;

    [[nodiscard]] const nn::Linear& linear1() const { return linear1_; }
    [[nodiscard]] const nn::Linear& linear2() const { return linear2_; }
    [[nodiscard]] const QKNorm& norm() const { return norm_; }

  private:
    // linear2's input: the attention's channels, then GELU of the MLP's. x: linear1's input.
    [[nodiscard]] ggml_tensor* join(const BlockContext& context, ggml_tensor* x) const;

    // The same where the graph's kernels fuse: both are written where they are read.
    [[nodiscard]] ggml_tensor* join_in_place(const BlockContext& context, ggml_tensor* x) const;

    std::string name_;
    int64_t heads_;
    int64_t head_size_;
    nn::Linear linear1_;  // -> qkv and the MLP's hidden channels
    nn::Linear linear2_;  // attention and hidden channels ->
    QKNorm norm_;
};

}  // namespace chroma
