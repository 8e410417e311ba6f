#include "api/completeness.h"

#include <algorithm>

#include "autoencoder/autoencoder_model.h"
#include "text/t5_model.h"
#include "transformer/chroma_transformer.h"

namespace chroma::api {

namespace {

// Also a part of a transformer that alone is not recognised as Chroma's.
bool has_transformer_blocks(const Checkpoint& checkpoint) {
    const std::vector<WholeTensor>& wholes = checkpoint.wholes();
    return std::any_of(wholes.begin(), wholes.end(), [](const WholeTensor& whole) {
        return whole.known && (whole.name.starts_with("double_blocks.") || whole.name.starts_with("single_blocks.") ||
                               whole.name.starts_with("distilled_guidance_layer."));
    });
}

bool is_foreign(chroma_architecture architecture) {
    switch (architecture) {
        case CHROMA_ARCHITECTURE_UNKNOWN:
        case CHROMA_ARCHITECTURE_CHROMA:
        case CHROMA_ARCHITECTURE_T5_ENCODER:
        case CHROMA_ARCHITECTURE_AUTOENCODER:
            return false;
        default:
            return true;
    }
}

}  // namespace

void check_complete(const std::shared_ptr<const Checkpoint>& checkpoint) {
    const Identity& identity = checkpoint->identity();
    if (!is_foreign(identity.architecture) && has_transformer_blocks(*checkpoint)) {
        ChromaTransformer::check(checkpoint);
    }
    if (identity.has_t5) {
        t5::T5Model::check(checkpoint);
    }
    if (identity.has_autoencoder) {
        autoencoder::AutoencoderModel::check(checkpoint);
    }
}

}  // namespace chroma::api
