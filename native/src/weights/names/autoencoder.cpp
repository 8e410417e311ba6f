// FLUX's autoencoder: Black Forest Labs' names (black-forest-labs/flux, modules/autoencoder.py, which are
// latent-diffusion's) and diffusers' (AutoencoderKL).
#include "weights/names/names.h"

namespace chroma {

namespace {

constexpr std::string_view kPrefixes[] = {
    "first_stage_model.", "autoencoder.", "vae.", "ae.", "model.",
};

constexpr WeightKind kConvolution = WeightKind::Convolution;
constexpr WeightKind kVector = WeightKind::Vector;

constexpr NameRule kRules[] = {
    // The original names.
    {"@.conv_in.*", nullptr, kConvolution},
    {"@.conv_out.*", nullptr, kConvolution},
    {"@.norm_out.*", nullptr, kVector},
    {"encoder.down.#.block.#.norm1.*", nullptr, kVector},
    {"encoder.down.#.block.#.conv1.*", nullptr, kConvolution},
    {"encoder.down.#.block.#.norm2.*", nullptr, kVector},
    {"encoder.down.#.block.#.conv2.*", nullptr, kConvolution},
    {"encoder.down.#.block.#.nin_shortcut.*", nullptr, kConvolution},
    {"encoder.down.#.downsample.conv.*", nullptr, kConvolution},
    {"@.mid.block_#.norm1.*", nullptr, kVector},
    {"@.mid.block_#.conv1.*", nullptr, kConvolution},
    {"@.mid.block_#.norm2.*", nullptr, kVector},
    {"@.mid.block_#.conv2.*", nullptr, kConvolution},
    {"@.mid.attn_1.norm.*", nullptr, kVector},
    {"@.mid.attn_1.q.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid.attn_1.k.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid.attn_1.v.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid.attn_1.proj_out.*", nullptr, kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.up.#.block.#.norm1.*", nullptr, kVector},
    {"decoder.up.#.block.#.conv1.*", nullptr, kConvolution},
    {"decoder.up.#.block.#.norm2.*", nullptr, kVector},
    {"decoder.up.#.block.#.conv2.*", nullptr, kConvolution},
    {"decoder.up.#.block.#.nin_shortcut.*", nullptr, kConvolution},
    {"decoder.up.#.upsample.conv.*", nullptr, kConvolution},

    // diffusers' names.
    {"@.conv_norm_out.*", "@.norm_out.*", kVector},
    {"encoder.down_blocks.#.resnets.#.norm1.*", "encoder.down.#.block.#.norm1.*", kVector},
    {"encoder.down_blocks.#.resnets.#.conv1.*", "encoder.down.#.block.#.conv1.*", kConvolution},
    {"encoder.down_blocks.#.resnets.#.norm2.*", "encoder.down.#.block.#.norm2.*", kVector},
    {"encoder.down_blocks.#.resnets.#.conv2.*", "encoder.down.#.block.#.conv2.*", kConvolution},
    {"encoder.down_blocks.#.resnets.#.conv_shortcut.*", "encoder.down.#.block.#.nin_shortcut.*", kConvolution},
    {"encoder.down_blocks.#.downsamplers.0.conv.*", "encoder.down.#.downsample.conv.*", kConvolution},
    {"@.mid_block.resnets.0.norm1.*", "@.mid.block_1.norm1.*", kVector},
    {"@.mid_block.resnets.0.conv1.*", "@.mid.block_1.conv1.*", kConvolution},
    {"@.mid_block.resnets.0.norm2.*", "@.mid.block_1.norm2.*", kVector},
    {"@.mid_block.resnets.0.conv2.*", "@.mid.block_1.conv2.*", kConvolution},
    {"@.mid_block.resnets.1.norm1.*", "@.mid.block_2.norm1.*", kVector},
    {"@.mid_block.resnets.1.conv1.*", "@.mid.block_2.conv1.*", kConvolution},
    {"@.mid_block.resnets.1.norm2.*", "@.mid.block_2.norm2.*", kVector},
    {"@.mid_block.resnets.1.conv2.*", "@.mid.block_2.conv2.*", kConvolution},
    {"@.mid_block.attentions.0.group_norm.*", "@.mid.attn_1.norm.*", kVector},
    {"@.mid_block.attentions.0.to_q.*", "@.mid.attn_1.q.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid_block.attentions.0.to_k.*", "@.mid.attn_1.k.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid_block.attentions.0.to_v.*", "@.mid.attn_1.v.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid_block.attentions.0.to_out.0.*", "@.mid.attn_1.proj_out.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"decoder.up_blocks.#.resnets.#.norm1.*", "decoder.up.~.block.#.norm1.*", kVector},
    {"decoder.up_blocks.#.resnets.#.conv1.*", "decoder.up.~.block.#.conv1.*", kConvolution},
    {"decoder.up_blocks.#.resnets.#.norm2.*", "decoder.up.~.block.#.norm2.*", kVector},
    {"decoder.up_blocks.#.resnets.#.conv2.*", "decoder.up.~.block.#.conv2.*", kConvolution},
    {"decoder.up_blocks.#.resnets.#.conv_shortcut.*", "decoder.up.~.block.#.nin_shortcut.*", kConvolution},
    {"decoder.up_blocks.#.upsamplers.0.conv.*", "decoder.up.~.upsample.conv.*", kConvolution},

    // Older diffusers attention names, still found in converted autoencoders.
    {"@.mid_block.attentions.0.query.*", "@.mid.attn_1.q.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid_block.attentions.0.key.*", "@.mid.attn_1.k.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid_block.attentions.0.value.*", "@.mid.attn_1.v.*", kConvolution, 0, 1, ShapeRule::Pointwise},
    {"@.mid_block.attentions.0.proj_attn.*", "@.mid.attn_1.proj_out.*", kConvolution, 0, 1, ShapeRule::Pointwise},
};

}  // namespace

const NameTable& autoencoder_names() {
    static constexpr NameTable table{Component::Autoencoder, kPrefixes, kRules};
    return table;
}

}  // namespace chroma
