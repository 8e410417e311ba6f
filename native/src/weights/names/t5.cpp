// The encoder of T5 v1.1: Hugging Face's names (T5EncoderModel) and those of llama.cpp's GGUF files.
#include "weights/names/names.h"

namespace chroma {

namespace {

constexpr std::string_view kPrefixes[] = {
    "text_encoders.",
    "text_encoder.",
    "text_encoder_2.",
    "text_encoder_3.",
    "cond_stage_model.",
    "conditioner.embedders.0.",
    "conditioner.embedders.1.",
    "t5xxl.",
    "t5.",
    "te.",
    "text_model.",
    "transformer.",
    "model.",
};

constexpr WeightKind kMatrix = WeightKind::Matrix;
constexpr WeightKind kVector = WeightKind::Vector;
constexpr WeightKind kEmbedding = WeightKind::Embedding;

constexpr const char* kBias = "encoder.block.#.layer.0.SelfAttention.relative_attention_bias.weight";

constexpr NameRule kRules[] = {
    // Hugging Face's names.
    {"shared.weight", nullptr, kEmbedding},
    {"encoder.block.#.layer.0.SelfAttention.q.*", nullptr, kMatrix},
    {"encoder.block.#.layer.0.SelfAttention.k.*", nullptr, kMatrix},
    {"encoder.block.#.layer.0.SelfAttention.v.*", nullptr, kMatrix},
    {"encoder.block.#.layer.0.SelfAttention.o.*", nullptr, kMatrix},
    {kBias, nullptr, kVector},
    {"encoder.block.#.layer.0.layer_norm.weight", nullptr, kVector},
    {"encoder.block.#.layer.1.DenseReluDense.wi_0.*", nullptr, kMatrix},
    {"encoder.block.#.layer.1.DenseReluDense.wi_1.*", nullptr, kMatrix},
    {"encoder.block.#.layer.1.DenseReluDense.wo.*", nullptr, kMatrix},
    {"encoder.block.#.layer.1.layer_norm.weight", nullptr, kVector},
    {"encoder.final_layer_norm.weight", nullptr, kVector},

    // The embedding under its tied name.
    {"encoder.embed_tokens.weight", "shared.weight", kEmbedding},

    // llama.cpp's names.
    {"token_embd.weight", "shared.weight", kEmbedding},
    {"enc.blk.#.attn_q.*", "encoder.block.#.layer.0.SelfAttention.q.*", kMatrix},
    {"enc.blk.#.attn_k.*", "encoder.block.#.layer.0.SelfAttention.k.*", kMatrix},
    {"enc.blk.#.attn_v.*", "encoder.block.#.layer.0.SelfAttention.v.*", kMatrix},
    {"enc.blk.#.attn_o.*", "encoder.block.#.layer.0.SelfAttention.o.*", kMatrix},
    {"enc.blk.#.attn_rel_b.weight", kBias, kVector},
    {"enc.blk.#.attn_norm.weight", "encoder.block.#.layer.0.layer_norm.weight", kVector},
    {"enc.blk.#.ffn_gate.*", "encoder.block.#.layer.1.DenseReluDense.wi_0.*", kMatrix},
    {"enc.blk.#.ffn_up.*", "encoder.block.#.layer.1.DenseReluDense.wi_1.*", kMatrix},
    {"enc.blk.#.ffn_down.*", "encoder.block.#.layer.1.DenseReluDense.wo.*", kMatrix},
    {"enc.blk.#.ffn_norm.weight", "encoder.block.#.layer.1.layer_norm.weight", kVector},
    {"enc.output_norm.weight", "encoder.final_layer_norm.weight", kVector},
};

}  // namespace

const NameTable& t5_names() {
    static constexpr NameTable table{Component::T5, kPrefixes, kRules};
    return table;
}

}  // namespace chroma
