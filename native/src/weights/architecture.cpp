#include "weights/architecture.h"

#include <algorithm>
#include <initializer_list>

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

constexpr size_t kConvolutionAxes = 4;

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

// Any of the encoder's own tensors will do: which ones are missing is for the loader to say.
void recognise_t5(const NameSet& names, const std::vector<WholeTensor>& wholes, Identity& identity) {
    const bool any = std::any_of(wholes.begin(), wholes.end(), [](const WholeTensor& whole) {
        return whole.known && whole.component == Component::T5 && whole.name.starts_with("encoder.");
    });
    if (!any) {
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

// The convolutions at an autoencoder's ends; other kinds have some of the names in between.
bool is_end_of_autoencoder(const WholeTensor& whole) {
    return whole.known && whole.component == Component::Autoencoder && whole.shape.size() == kConvolutionAxes &&
           (whole.name.ends_with("coder.conv_in.weight") || whole.name.ends_with("coder.conv_out.weight"));
}

void recognise_autoencoder(const NameSet& names, const std::vector<WholeTensor>& wholes, Identity& identity) {
    constexpr int64_t kOlderChannels = 4;
    bool found = false;
    bool older = false;
    for (const WholeTensor& whole : wholes) {
        if (is_end_of_autoencoder(whole)) {
            found = true;
            older = older || (whole.name == "decoder.conv_in.weight" && whole.shape[1] == kOlderChannels) ||
                    (whole.name == "encoder.conv_out.weight" && whole.shape[0] == 2 * kOlderChannels);
        }
    }
    if (!found) {
        return;
    }
    if (older) {
        identity.description = "a Stable Diffusion autoencoder with 4 latent channels";
    } else if (names.has("bn.running_mean")) {
        identity.description = "FLUX.2's autoencoder (it norms its latents)";
    } else {
        identity.has_autoencoder = true;
    }
}

// "decoder.layers.3.conv.0.weight" (diffusers), "decoder.3.conv.0.weight" or "3.conv.0.weight" (the original): the
// names of convolutions in TAESD's sequences.
bool is_tiny_convolution(std::string_view name) {
    for (const std::string_view half :
         {"encoder.", "decoder.", "taesd_encoder.", "taesd_decoder.", "taef1_encoder.", "taef1_decoder."}) {
        if (name.starts_with(half)) {
            name.remove_prefix(half.size());
            break;
        }
    }
    constexpr std::string_view kLayers = "layers.";
    name.remove_prefix(name.starts_with(kLayers) ? kLayers.size() : 0);
    const auto skip_number = [&] {
        const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
        name.remove_prefix(digits);
        return digits > 0;
    };
    if (!skip_number()) {
        return false;
    }
    constexpr std::string_view kBlock = ".conv.";
    if (name.starts_with(kBlock)) {
        name.remove_prefix(kBlock.size());
        return skip_number() && name == ".weight";
    }
    return name == ".weight" || name == ".skip.weight";
}

bool recognise_tiny_autoencoder(const std::vector<StoredTensor>& tensors, Identity& identity) {
    constexpr int64_t kOlderChannels = 4;
    constexpr int64_t kFluxChannels = 16;
    int64_t latent_channels = 0;
    bool found = false;
    for (const StoredTensor& tensor : tensors) {
        if (tensor.shape.size() != kConvolutionAxes) {
            continue;
        }
        if (!is_tiny_convolution(without_prefix(tensor.name))) {
            return false;
        }
        found = true;
        for (const int64_t channels : {tensor.shape[0], tensor.shape[1]}) {
            latent_channels = channels == kOlderChannels || channels == kFluxChannels ? channels : latent_channels;
        }
    }
    if (!found) {
        return false;
    }
    identity.architecture = CHROMA_ARCHITECTURE_TINY_AUTOENCODER;
    identity.description = latent_channels == kFluxChannels ? "TAEF1, a tiny autoencoder for previews of FLUX's latents"
                           : latent_channels == kOlderChannels
                               ? "TAESD, a tiny autoencoder for previews of Stable Diffusion's latents"
                               : "a tiny autoencoder for previews (of TAESD's kind)";
    return true;
}

bool recognise_stable_diffusion(const NameSet& names, Identity& identity) {
    if (!names.starts_any({"input_blocks.", "joint_blocks.", "down_blocks.", "time_embedding.", "time_embed."})) {
        return false;
    }
    identity.architecture = CHROMA_ARCHITECTURE_STABLE_DIFFUSION;
    identity.description = "a Stable Diffusion model";
    return true;
}

void recognise_foreign(const NameSet& names, const std::vector<StoredTensor>& tensors, Identity& identity) {
    if (recognise_tiny_autoencoder(tensors, identity)) {
        return;
    }
    if (names.starts_any({"text_model.encoder.", "text_model.embeddings.", "encoder.layers.0.self_attn.",
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

// "a Chroma transformer, a T5 encoder and an autoencoder of FLUX's kind"
std::string describe_components(const Identity& identity) {
    std::vector<const char*> nouns;
    for (const chroma_architecture part :
         {CHROMA_ARCHITECTURE_CHROMA, CHROMA_ARCHITECTURE_T5_ENCODER, CHROMA_ARCHITECTURE_AUTOENCODER}) {
        if (identity.has(part)) {
            nouns.push_back(architecture_noun(part));
        }
    }
    std::string out;
    for (size_t i = 0; i < nouns.size(); ++i) {
        out += (i == 0 ? "" : i + 1 == nouns.size() ? " and " : ", ") + std::string(nouns[i]);
    }
    return out;
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

Identity identify(const std::vector<StoredTensor>& tensors, const std::vector<WholeTensor>& wholes) {
    Identity identity;
    if (tensors.empty()) {
        identity.description = "a file without tensors";
        return identity;
    }
    const NameSet names(tensors);
    if (recognise_lora(names, identity)) {
        return identity;
    }
    recognise_t5(names, wholes, identity);
    recognise_autoencoder(names, wholes, identity);
    if (!recognise_stable_diffusion(names, identity)) {
        recognise_transformer(names, identity);
    }
    const bool any = identity.has_chroma || identity.has_t5 || identity.has_autoencoder;
    if (identity.architecture != CHROMA_ARCHITECTURE_UNKNOWN) {
        const bool closed = identity.architecture == CHROMA_ARCHITECTURE_CHROMA_RADIANCE;  // a sentence of its own
        identity.description += any && !closed ? " with " + describe_components(identity) : "";
    } else if (any) {
        identity.architecture = identity.has_chroma ? CHROMA_ARCHITECTURE_CHROMA
                                : identity.has_t5   ? CHROMA_ARCHITECTURE_T5_ENCODER
                                                    : CHROMA_ARCHITECTURE_AUTOENCODER;
        identity.description = describe_components(identity);
    } else if (identity.description.empty()) {
        recognise_foreign(names, tensors, identity);
    }
    return identity;
}

chroma_architecture architecture_of(Component component) {
    switch (component) {
        case Component::Chroma:
            return CHROMA_ARCHITECTURE_CHROMA;
        case Component::T5:
            return CHROMA_ARCHITECTURE_T5_ENCODER;
        case Component::Autoencoder:
            return CHROMA_ARCHITECTURE_AUTOENCODER;
    }
    return CHROMA_ARCHITECTURE_UNKNOWN;
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
        case CHROMA_ARCHITECTURE_TINY_AUTOENCODER:
            return "a tiny autoencoder";
        case CHROMA_ARCHITECTURE_UNKNOWN:
            break;
    }
    return "an unknown model";
}

}  // namespace chroma
