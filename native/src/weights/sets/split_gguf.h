// GGUF models that are split into several files, which say so in their metadata (split.no, split.count).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "weights/sets/source.h"

namespace chroma {

struct Split {
    int64_t number = 0;  // of the part, from 0
    int64_t count = 0;
    std::optional<int64_t> tensors;  // of all parts together
};

// Nothing for a file that is whole. Throws FORMAT if its metadata can't be.
[[nodiscard]] std::optional<Split> split_of(const SourceFile& file);

// The parts that belong to the one named, from the same folder: those with the names that go with its own, else
// whichever files say that they are parts of such a model. Throws IO naming parts that are missing, FORMAT if parts
// disagree.
[[nodiscard]] std::vector<SourceFile> open_split(SourceFile named, const Split& split);

}  // namespace chroma
