// Chroma's transformer: the training code's names (lodestone-rock/flow, models/chroma) and diffusers'
// (ChromaTransformer2DModel).
#include "weights/names/names.h"

namespace chroma {

namespace {

constexpr std::string_view kPrefixes[] = {
    "model.", "diffusion_model.", "transformer.", "unet.", "net.",
};

constexpr WeightKind kMatrix = WeightKind::Matrix;
constexpr WeightKind kEdge = WeightKind::Edge;
constexpr WeightKind kVector = WeightKind::Vector;
constexpr WeightKind kApproximator = WeightKind::Approximator;

constexpr NameRule kRules[] = {
    // The original names.
    {"img_in.*", nullptr, kEdge},
    {"txt_in.*", nullptr, kEdge},
    {"final_layer.linear.*", nullptr, kEdge},
    {"distilled_guidance_layer.in_proj.*", nullptr, kApproximator},
    {"distilled_guidance_layer.out_proj.*", nullptr, kApproximator},
    {"distilled_guidance_layer.layers.#.in_layer.*", nullptr, kApproximator},
    {"distilled_guidance_layer.layers.#.out_layer.*", nullptr, kApproximator},
    {"distilled_guidance_layer.norms.#.scale", nullptr, kVector},
    {"double_blocks.#.img_attn.qkv.*", nullptr, kMatrix},
    {"double_blocks.#.img_attn.proj.*", nullptr, kMatrix},
    {"double_blocks.#.img_attn.norm.query_norm.scale", nullptr, kVector},
    {"double_blocks.#.img_attn.norm.key_norm.scale", nullptr, kVector},
    {"double_blocks.#.img_mlp.0.*", nullptr, kMatrix},
    {"double_blocks.#.img_mlp.2.*", nullptr, kMatrix},
    {"double_blocks.#.txt_attn.qkv.*", nullptr, kMatrix},
    {"double_blocks.#.txt_attn.proj.*", nullptr, kMatrix},
    {"double_blocks.#.txt_attn.norm.query_norm.scale", nullptr, kVector},
    {"double_blocks.#.txt_attn.norm.key_norm.scale", nullptr, kVector},
    {"double_blocks.#.txt_mlp.0.*", nullptr, kMatrix},
    {"double_blocks.#.txt_mlp.2.*", nullptr, kMatrix},
    {"single_blocks.#.linear1.*", nullptr, kMatrix},
    {"single_blocks.#.linear2.*", nullptr, kMatrix},
    {"single_blocks.#.norm.query_norm.scale", nullptr, kVector},
    {"single_blocks.#.norm.key_norm.scale", nullptr, kVector},

    // The same with norms that call their scale weight, as newer programs save them.
    {"distilled_guidance_layer.norms.#.weight", "distilled_guidance_layer.norms.#.scale", kVector},
    {"double_blocks.#.img_attn.norm.query_norm.weight", "double_blocks.#.img_attn.norm.query_norm.scale", kVector},
    {"double_blocks.#.img_attn.norm.key_norm.weight", "double_blocks.#.img_attn.norm.key_norm.scale", kVector},
    {"double_blocks.#.txt_attn.norm.query_norm.weight", "double_blocks.#.txt_attn.norm.query_norm.scale", kVector},
    {"double_blocks.#.txt_attn.norm.key_norm.weight", "double_blocks.#.txt_attn.norm.key_norm.scale", kVector},
    {"single_blocks.#.norm.query_norm.weight", "single_blocks.#.norm.query_norm.scale", kVector},
    {"single_blocks.#.norm.key_norm.weight", "single_blocks.#.norm.key_norm.scale", kVector},

    // diffusers' names.
    {"x_embedder.*", "img_in.*", kEdge},
    {"context_embedder.*", "txt_in.*", kEdge},
    {"proj_out.*", "final_layer.linear.*", kEdge},
    {"distilled_guidance_layer.layers.#.linear_1.*", "distilled_guidance_layer.layers.#.in_layer.*", kApproximator},
    {"distilled_guidance_layer.layers.#.linear_2.*", "distilled_guidance_layer.layers.#.out_layer.*", kApproximator},
    {"transformer_blocks.#.attn.to_q.*", "double_blocks.#.img_attn.qkv.*", kMatrix, 0, 3},
    {"transformer_blocks.#.attn.to_k.*", "double_blocks.#.img_attn.qkv.*", kMatrix, 1, 3},
    {"transformer_blocks.#.attn.to_v.*", "double_blocks.#.img_attn.qkv.*", kMatrix, 2, 3},
    {"transformer_blocks.#.attn.to_out.0.*", "double_blocks.#.img_attn.proj.*", kMatrix},
    {"transformer_blocks.#.attn.norm_q.weight", "double_blocks.#.img_attn.norm.query_norm.scale", kVector},
    {"transformer_blocks.#.attn.norm_k.weight", "double_blocks.#.img_attn.norm.key_norm.scale", kVector},
    {"transformer_blocks.#.ff.net.0.proj.*", "double_blocks.#.img_mlp.0.*", kMatrix},
    {"transformer_blocks.#.ff.net.2.*", "double_blocks.#.img_mlp.2.*", kMatrix},
    {"transformer_blocks.#.attn.add_q_proj.*", "double_blocks.#.txt_attn.qkv.*", kMatrix, 0, 3},
    {"transformer_blocks.#.attn.add_k_proj.*", "double_blocks.#.txt_attn.qkv.*", kMatrix, 1, 3},
    {"transformer_blocks.#.attn.add_v_proj.*", "double_blocks.#.txt_attn.qkv.*", kMatrix, 2, 3},
    {"transformer_blocks.#.attn.to_add_out.*", "double_blocks.#.txt_attn.proj.*", kMatrix},
    {"transformer_blocks.#.attn.norm_added_q.weight", "double_blocks.#.txt_attn.norm.query_norm.scale", kVector},
    {"transformer_blocks.#.attn.norm_added_k.weight", "double_blocks.#.txt_attn.norm.key_norm.scale", kVector},
    {"transformer_blocks.#.ff_context.net.0.proj.*", "double_blocks.#.txt_mlp.0.*", kMatrix},
    {"transformer_blocks.#.ff_context.net.2.*", "double_blocks.#.txt_mlp.2.*", kMatrix},
    {"single_transformer_blocks.#.attn.to_q.*", "single_blocks.#.linear1.*", kMatrix, 0, 4},
    {"single_transformer_blocks.#.attn.to_k.*", "single_blocks.#.linear1.*", kMatrix, 1, 4},
    {"single_transformer_blocks.#.attn.to_v.*", "single_blocks.#.linear1.*", kMatrix, 2, 4},
    {"single_transformer_blocks.#.proj_mlp.*", "single_blocks.#.linear1.*", kMatrix, 3, 4},
    {"single_transformer_blocks.#.proj_out.*", "single_blocks.#.linear2.*", kMatrix},
    {"single_transformer_blocks.#.attn.norm_q.weight", "single_blocks.#.norm.query_norm.scale", kVector},
    {"single_transformer_blocks.#.attn.norm_k.weight", "single_blocks.#.norm.key_norm.scale", kVector},
};

}  // namespace

const NameTable& chroma_names() {
    static constexpr NameTable table{Component::Chroma, kPrefixes, kRules};
    return table;
}

}  // namespace chroma
