// FLUX's autoencoder: Black Forest Labs' names (black-forest-labs/flux, modules/autoencoder.py, which are latent-diffusion's) and
// diffusers' (AutoencoderKL).
#include "weights/names.h"

namespace chroma {

namespace {

constexpr std::string_view kPrefixes[] = {
    "first_stage_model.", "autoencoder.", "vae.", "ae.", "model.",
};

constexpr WeightKind kConvolution = WeightKind::Convolution;
constexpr WeightKind kVector = WeightKind::Vector;

constexpr NameRule kRules[] = {
    // The original names.
    {"encoder.conv_in.*", nullptr, kConvolution},
    {"encoder.conv_out.*", nullptr, kConvolution},
    {"encoder.norm_out.*", nullptr, kVector},
    {"encoder.down.#.block.#.norm1.*", nullptr, kVector},
    {"encoder.down.#.block.#.conv1.*", nullptr, kConvolution},
    {"encoder.down.#.block.#.norm2.*", nullptr, kVector},
    {"encoder.down.#.block.#.conv2.*", nullptr, kConvolution},
    {"encoder.down.#.block.#.nin_shortcut.*", nullptr, kConvolution},
    {"encoder.down.#.downsample.conv.*", nullptr, kConvolution},
    {"encoder.mid.block_#.norm1.*", nullptr, kVector},
    {"encoder.mid.block_#.conv1.*", nullptr, kConvolution},
    {"encoder.mid.block_#.norm2.*", nullptr, kVector},
    {"encoder.mid.block_#.conv2.*", nullptr, kConvolution},
    {"encoder.mid.attn_1.norm.*", nullptr, kVector},
    {"encoder.mid.attn_1.q.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid.attn_1.k.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid.attn_1.v.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid.attn_1.proj_out.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.conv_in.*", nullptr, kConvolution},
    {"decoder.conv_out.*", nullptr, kConvolution},
    {"decoder.norm_out.*", nullptr, kVector},
    {"decoder.up.#.block.#.norm1.*", nullptr, kVector},
    {"decoder.up.#.block.#.conv1.*", nullptr, kConvolution},
    {"decoder.up.#.block.#.norm2.*", nullptr, kVector},
    {"decoder.up.#.block.#.conv2.*", nullptr, kConvolution},
    {"decoder.up.#.block.#.nin_shortcut.*", nullptr, kConvolution},
    {"decoder.up.#.upsample.conv.*", nullptr, kConvolution},
    {"decoder.mid.block_#.norm1.*", nullptr, kVector},
    {"decoder.mid.block_#.conv1.*", nullptr, kConvolution},
    {"decoder.mid.block_#.norm2.*", nullptr, kVector},
    {"decoder.mid.block_#.conv2.*", nullptr, kConvolution},
    {"decoder.mid.attn_1.norm.*", nullptr, kVector},
    {"decoder.mid.attn_1.q.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid.attn_1.k.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid.attn_1.v.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid.attn_1.proj_out.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},

    // diffusers' names.
    {"encoder.conv_norm_out.*", "encoder.norm_out.*", kVector},
    {"encoder.down_blocks.#.resnets.#.norm1.*", "encoder.down.#.block.#.norm1.*", kVector},
    {"encoder.down_blocks.#.resnets.#.conv1.*", "encoder.down.#.block.#.conv1.*", kConvolution},
    {"encoder.down_blocks.#.resnets.#.norm2.*", "encoder.down.#.block.#.norm2.*", kVector},
    {"encoder.down_blocks.#.resnets.#.conv2.*", "encoder.down.#.block.#.conv2.*", kConvolution},
    {"encoder.down_blocks.#.resnets.#.conv_shortcut.*", "encoder.down.#.block.#.nin_shortcut.*", kConvolution},
    {"encoder.down_blocks.#.downsamplers.0.conv.*", "encoder.down.#.downsample.conv.*", kConvolution},
    {"encoder.mid_block.resnets.0.norm1.*", "encoder.mid.block_1.norm1.*", kVector},
    {"encoder.mid_block.resnets.0.conv1.*", "encoder.mid.block_1.conv1.*", kConvolution},
    {"encoder.mid_block.resnets.0.norm2.*", "encoder.mid.block_1.norm2.*", kVector},
    {"encoder.mid_block.resnets.0.conv2.*", "encoder.mid.block_1.conv2.*", kConvolution},
    {"encoder.mid_block.resnets.1.norm1.*", "encoder.mid.block_2.norm1.*", kVector},
    {"encoder.mid_block.resnets.1.conv1.*", "encoder.mid.block_2.conv1.*", kConvolution},
    {"encoder.mid_block.resnets.1.norm2.*", "encoder.mid.block_2.norm2.*", kVector},
    {"encoder.mid_block.resnets.1.conv2.*", "encoder.mid.block_2.conv2.*", kConvolution},
    {"encoder.mid_block.attentions.0.group_norm.*", "encoder.mid.attn_1.norm.*", kVector},
    {"encoder.mid_block.attentions.0.to_q.*", "encoder.mid.attn_1.q.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid_block.attentions.0.to_k.*", "encoder.mid.attn_1.k.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid_block.attentions.0.to_v.*", "encoder.mid.attn_1.v.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid_block.attentions.0.to_out.0.*", "encoder.mid.attn_1.proj_out.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.conv_norm_out.*", "decoder.norm_out.*", kVector},
    {"decoder.up_blocks.#.resnets.#.norm1.*", "decoder.up.~.block.#.norm1.*", kVector},
    {"decoder.up_blocks.#.resnets.#.conv1.*", "decoder.up.~.block.#.conv1.*", kConvolution},
    {"decoder.up_blocks.#.resnets.#.norm2.*", "decoder.up.~.block.#.norm2.*", kVector},
    {"decoder.up_blocks.#.resnets.#.conv2.*", "decoder.up.~.block.#.conv2.*", kConvolution},
    {"decoder.up_blocks.#.resnets.#.conv_shortcut.*", "decoder.up.~.block.#.nin_shortcut.*", kConvolution},
    {"decoder.up_blocks.#.upsamplers.0.conv.*", "decoder.up.~.upsample.conv.*", kConvolution},
    {"decoder.mid_block.resnets.0.norm1.*", "decoder.mid.block_1.norm1.*", kVector},
    {"decoder.mid_block.resnets.0.conv1.*", "decoder.mid.block_1.conv1.*", kConvolution},
    {"decoder.mid_block.resnets.0.norm2.*", "decoder.mid.block_1.norm2.*", kVector},
    {"decoder.mid_block.resnets.0.conv2.*", "decoder.mid.block_1.conv2.*", kConvolution},
    {"decoder.mid_block.resnets.1.norm1.*", "decoder.mid.block_2.norm1.*", kVector},
    {"decoder.mid_block.resnets.1.conv1.*", "decoder.mid.block_2.conv1.*", kConvolution},
    {"decoder.mid_block.resnets.1.norm2.*", "decoder.mid.block_2.norm2.*", kVector},
    {"decoder.mid_block.resnets.1.conv2.*", "decoder.mid.block_2.conv2.*", kConvolution},
    {"decoder.mid_block.attentions.0.group_norm.*", "decoder.mid.attn_1.norm.*", kVector},
    {"decoder.mid_block.attentions.0.to_q.*", "decoder.mid.attn_1.q.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid_block.attentions.0.to_k.*", "decoder.mid.attn_1.k.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid_block.attentions.0.to_v.*", "decoder.mid.attn_1.v.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid_block.attentions.0.to_out.0.*", "decoder.mid.attn_1.proj_out.*", kConvolution, 0, 1, ShapeRule::Pointwise},

    // Older diffusers attention names, still found in converted autoencoders.
    {"encoder.mid_block.attentions.0.query.*", "encoder.mid.attn_1.q.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid_block.attentions.0.key.*", "encoder.mid.attn_1.k.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid_block.attentions.0.value.*", "encoder.mid.attn_1.v.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"encoder.mid_block.attentions.0.proj_attn.*", "encoder.mid.attn_1.proj_out.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid_block.attentions.0.query.*", "decoder.mid.attn_1.q.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid_block.attentions.0.key.*", "decoder.mid.attn_1.k.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid_block.attentions.0.value.*", "decoder.mid.attn_1.v.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.mid_block.attentions.0.proj_attn.*", "decoder.mid.attn_1.proj_out.*", kConvolution, 0, 1, ShapeRule::Pointwise},
};

}  // namespace

const NameTable& autoencoder_names() {
    static constexpr NameTable table{Component::Autoencoder, kPrefixes, kRules};
    return table;
}

}  // namespace chroma
