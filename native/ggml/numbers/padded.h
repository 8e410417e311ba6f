// Sizes rounded up.
#pragma once

#include <cstdint>

namespace chroma {

// The least multiple that is not below `size`.
constexpr int64_t padded(int64_t size, int64_t multiple) {
    return (size + multiple - 1) / multiple * multiple;
}

}  // namespace chroma
