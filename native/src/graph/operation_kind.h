// What an operation is for, so that a profile can say where the time went.
#pragma once

#include <cstddef>

namespace chroma {

enum class OperationKind : unsigned char { Other, Linear, Attention, Convolution };

inline constexpr size_t kOperationKinds = 4;

}  // namespace chroma
