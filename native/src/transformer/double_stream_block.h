// DoubleStreamBlock: image and text keep weights of their own and meet in one attention (Esser et al. 2024, MM-DiT).
#pragma once

#include <string>

#include "nn/linear.h"
#include "transformer/block_context.h"
#include "transformer/mlp.h"
#include "transformer/modulation.h"
#include "transformer/qk_norm.h"
#include "transformer/sizes.h"

namespace chroma {

// The packed tokens of both streams, ggml [C, N] each.
struct DoubleStream {
    ggml_tensor* img;
    ggml_tensor* txt;
};

class DoubleStreamBlock {
  public:
    // Declares the block's tensors under `double_blocks.N`.
    DoubleStreamBlock(WeightLoader& loader, const std::string& prefix, const TransformerSizes& sizes);

    // x: the image as `tokens.image` or, in the first block, as `tokens.entry`. Returns it as `tokens.image`.
    [[nodiscard]] DoubleStream forward(const BlockContext& context, const DoubleStream& x,
                                       const DoubleModulation& img_mod, const DoubleModulation& txt_mod) const;

    // One stream's weights: `img_attn` and `img_mlp`, or `txt_attn` and `txt_mlp`.
    struct Side {
        std::string name;  // "double_blocks.N.img"
        nn::Linear qkv;
        QKNorm norm;
        nn::Linear proj;
        Mlp mlp;

        Side(WeightLoader& loader, const std::string& prefix, const TransformerSizes& sizes);
    };

    [[nodiscard]] const Side& img() const { return img_; }
    [[nodiscard]] const Side& txt() const { return txt_; }

  private:
    int64_t heads_;
    int64_t head_size_;
    Side img_;
    Side txt_;
};

}  // namespace chroma
