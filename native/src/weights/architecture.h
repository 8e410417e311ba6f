// Which model a checkpoint is, told by the names of its tensors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chroma.h"

namespace chroma {

struct StoredTensor;

struct Identity {
    // The first that applies of the components below, else the foreign model recognised.
    chroma_architecture architecture = CHROMA_ARCHITECTURE_UNKNOWN;

    // A file may hold several components (an all-in-one checkpoint).
    bool has_chroma = false;
    bool has_t5 = false;
    bool has_autoencoder = false;

    // What the file is, to follow "is": "a FLUX model with guidance_in", "a LoRA, not a whole model".
    std::string description;

    [[nodiscard]] bool has(chroma_architecture wanted) const;
};

[[nodiscard]] Identity identify(const std::vector<StoredTensor>& tensors);

// "Chroma", "a T5 encoder", ...
[[nodiscard]] const char* architecture_noun(chroma_architecture architecture);

}  // namespace chroma
