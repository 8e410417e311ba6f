// Where a product goes whose GELU alone is wanted.
#pragma once

#include <cstdint>

#include "numbers/bf16.h"

namespace chroma::onednn {

struct GeluRows {
    bf16* y = nullptr;  // the first column in the first row; null: the product itself is wanted
    int64_t stride = 0;

    // From this column on.
    [[nodiscard]] GeluRows from(int64_t column) const { return {y != nullptr ? y + column : nullptr, stride}; }
};

}  // namespace chroma::onednn
