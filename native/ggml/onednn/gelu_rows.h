// Where a product goes whose GELU alone is wanted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numbers/bf16.h"

namespace chroma::onednn {

struct GeluRows {
    bf16* y = nullptr;  // the first column in the first row; null: the product itself is wanted
    int64_t stride = 0;

    [[nodiscard]] bool wanted() const { return y != nullptr; }

    // Of one value that is stored.
    [[nodiscard]] size_t result_size() const { return wanted() ? sizeof(bf16) : sizeof(float); }

    // From this column on.
    [[nodiscard]] GeluRows from(int64_t column) const { return {wanted() ? y + column : nullptr, stride}; }
};

}  // namespace chroma::onednn
