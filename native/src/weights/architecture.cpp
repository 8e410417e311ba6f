#include "weights/architecture.h"

#include <algorithm>
#include <initializer_list>
#include <unordered_set>

#include "weights/checkpoint.h"
#include "weights/names/names.h"

namespace chroma {

namespace {

// The names of a file, as they are, without prefixes and canonical, with the questions that detection asks.
class NameSet {
  public:
    explicit NameSet(const std::vector<StoredTensor>& tensors) {
        for (const StoredTensor& tensor : tensors) {
            names_.push_back(tensor.name);
            names_.push_back(without_prefix(tensor.name));
            names_.push_back(tensor.canonical);
        }
        std::sort(names_.begin(), names_.end());
    }

    [[nodiscard]] bool has(std::string_view name) const {
        return std::binary_search(names_.begin(), names_.end(), name);
    }

    [[nodiscard]] bool starts(std::string_view prefix) const {
        const auto found = std::lower_bound(names_.begin(), names_.end(), prefix);
        return found != names_.end() && found->starts_with(prefix);
    }

    [[nodiscard]] bool starts_any(std::initializer_list<std::string_view> prefixes) const {
        return std::any_of(prefixes.begin(), prefixes.end(),
                           [this](std::string_view prefix) { return starts(prefix); });
    }

    [[nodiscard]] bool contains_any(std::initializer_list<std::string_view> parts) const {
        return std::any_of(names_.begin(), names_.end(), [&](std::string_view name) {
            return std::any_of(parts.begin(), parts.end(),
                               [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
        });
    }

  private:
    std::vector<std::string> names_;
};

bool recognise_lora(const NameSet& names, Identity& identity) {
    if (!names.contains_any(
            {".lora_A.", ".lora_B.", ".lora_up.", ".lora_down.", "lora_unet_", "lora_te_", ".hada_w1_", ".lokr_w1"})) {
        return false;
    }
    identity.description = "a LoRA (changes to a model, without the model)";
    return true;
}

void recognise_transformer(const NameSet& names, Identity& identity) {
    const bool blocks = names.starts_any({"double_blocks.", "single_blocks.", "single_transformer_blocks."});
    const bool approximator = names.starts("distilled_guidance_layer.");
    if (!blocks && !approximator) {
        return;
    }
    if (names.starts_any({"nerf_", "nerf.", "img_in_patch."})) {
        identity.architecture = CHROMA_ARCHITECTURE_CHROMA_RADIANCE;
        identity.description =
            "a Chroma Radiance model (it works on pixels, without an autoencoder); Chroma Radiance is not supported "
            "yet";
        return;
    }
    if (approximator) {
        identity.has_chroma = true;
        return;
    }
    if (names.starts_any({"guidance_in.", "time_text_embed.guidance_embedder."})) {
        identity.architecture = CHROMA_ARCHITECTURE_FLUX;
        identity.description = "a FLUX model with guidance_in";
    } else if (names.starts_any({"time_in.", "vector_in.", "time_text_embed."})) {
        identity.architecture = CHROMA_ARCHITECTURE_FLUX;
        identity.description = "a FLUX model (it has time_in and modulation layers instead of an Approximator)";
    } else {
        identity.description =
            "a part of a transformer of FLUX's kind without an Approximator (distilled_guidance_layer)";
    }
}

void recognise_t5(const NameSet& names, Identity& identity) {
    if (!names.has("encoder.block.0.layer.0.SelfAttention.q.weight")) {
        return;
    }
    if (names.has("encoder.block.0.layer.1.DenseReluDense.wi.weight")) {
        identity.description = "a first-generation T5 (its feed-forward layer is not gated), where T5 v1.1 is needed";
    } else if (names.has("encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight")) {
        identity.description =
            "a UMT5 encoder (each layer has its own relative position bias), where T5 v1.1 is needed";
    } else {
        identity.has_t5 = true;
    }
}

void recognise_autoencoder(const NameSet& names, const std::vector<StoredTensor>& tensors, Identity& identity) {
    if (!names.has("decoder.conv_in.weight") && !names.has("encoder.conv_in.weight")) {
        return;
    }
    constexpr int64_t kOlderChannels = 4;
    for (const StoredTensor& tensor : tensors) {
        if (tensor.canonical == "decoder.conv_in.weight" && tensor.shape.size() == 4 &&
            tensor.shape[1] == kOlderChannels) {
            identity.description = "a Stable Diffusion autoencoder with 4 latent channels";
            return;
        }
    }
    identity.has_autoencoder = true;
}

void recognise_foreign(const NameSet& names, Identity& identity) {
    if (names.starts_any({"input_blocks.", "joint_blocks.", "down_blocks.", "time_embedding.", "time_embed."})) {
        identity.architecture = CHROMA_ARCHITECTURE_STABLE_DIFFUSION;
        identity.description = "a Stable Diffusion model";
    } else if (names.starts_any({"text_model.encoder.", "text_model.embeddings.", "encoder.layers.",
                                 "transformer.resblocks.", "conditioner.embedders.", "text_encoders.clip", "v.blk.",
                                 "t.blk."})) {
        identity.architecture = CHROMA_ARCHITECTURE_CLIP;
        identity.description = "a CLIP text encoder";
    } else if (names.starts_any({"blk.", "layers.0.self_attn.", "lm_head."})) {
        identity.description = "a language model of another kind";
    } else if (names.starts("encoder.layer.") || names.starts("embeddings.word_embeddings")) {
        identity.description = "a BERT-like text encoder";
    }
}

}  // namespace

bool Identity::has(chroma_architecture wanted) const {
    switch (wanted) {
        case CHROMA_ARCHITECTURE_CHROMA:
            return has_chroma;
        case CHROMA_ARCHITECTURE_T5_ENCODER:
            return has_t5;
        case CHROMA_ARCHITECTURE_AUTOENCODER:
            return has_autoencoder;
        default:
            return architecture == wanted;
    }
}

Identity identify(const std::vector<StoredTensor>& tensors) {
    Identity identity;
    if (tensors.empty()) {
        identity.description = "a file without tensors";
        return identity;
    }
    const NameSet names(tensors);
    if (recognise_lora(names, identity)) {
        return identity;
    }
    recognise_transformer(names, identity);
    if (identity.architecture == CHROMA_ARCHITECTURE_UNKNOWN) {
        recognise_t5(names, identity);
        recognise_autoencoder(names, tensors, identity);
    }
    if (identity.has_chroma) {
        identity.architecture = CHROMA_ARCHITECTURE_CHROMA;
    } else if (identity.has_t5) {
        identity.architecture = CHROMA_ARCHITECTURE_T5_ENCODER;
    } else if (identity.has_autoencoder) {
        identity.architecture = CHROMA_ARCHITECTURE_AUTOENCODER;
    } else if (identity.architecture == CHROMA_ARCHITECTURE_UNKNOWN && identity.description.empty()) {
        recognise_foreign(names, identity);
    }
    if (identity.has_chroma || identity.has_t5 || identity.has_autoencoder) {
        identity.description = architecture_noun(identity.architecture);
    }
    return identity;
}

const char* architecture_noun(chroma_architecture architecture) {
    switch (architecture) {
        case CHROMA_ARCHITECTURE_CHROMA:
            return "a Chroma transformer";
        case CHROMA_ARCHITECTURE_T5_ENCODER:
            return "a T5 encoder";
        case CHROMA_ARCHITECTURE_AUTOENCODER:
            return "an autoencoder of FLUX's kind";
        case CHROMA_ARCHITECTURE_FLUX:
            return "a FLUX model";
        case CHROMA_ARCHITECTURE_CHROMA_RADIANCE:
            return "a Chroma Radiance model";
        case CHROMA_ARCHITECTURE_CLIP:
            return "a CLIP text encoder";
        case CHROMA_ARCHITECTURE_STABLE_DIFFUSION:
            return "a Stable Diffusion model";
        case CHROMA_ARCHITECTURE_UNKNOWN:
            break;
    }
    return "an unknown model";
}

}  // namespace chroma
