// Which model a checkpoint is, told by the names of its tensors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chroma.h"
#include "weights/names/names.h"

namespace chroma {

struct StoredTensor;
struct WholeTensor;

struct Identity {
    // The foreign model recognised, else the first that applies of the components below.
    chroma_architecture architecture = CHROMA_ARCHITECTURE_UNKNOWN;

    // A file may hold several components (an all-in-one checkpoint), also beside a foreign model. That one is here does
    // not say that it is whole.
    bool has_chroma = false;
    bool has_t5 = false;
    bool has_autoencoder = false;

    // What the file is, to follow "is": "a FLUX model with guidance_in", "a LoRA, not a whole model".
    std::string description;

    [[nodiscard]] bool has(chroma_architecture wanted) const;
};

[[nodiscard]] Identity identify(const std::vector<StoredTensor>& tensors, const std::vector<WholeTensor>& wholes);

[[nodiscard]] chroma_architecture architecture_of(Component component);

// "a Chroma transformer", "a T5 encoder", ...
[[nodiscard]] const char* architecture_noun(chroma_architecture architecture);

}  // namespace chroma
