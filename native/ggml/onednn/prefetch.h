// Memory that is fetched before it is read.
#pragma once

#include <cstddef>

namespace chroma::onednn {

// Has `bytes` bytes brought into the second-level cache. They need not exist.
inline void prefetch(const std::byte* from, size_t bytes) {
#if defined(__GNUC__) || defined(__clang__)
    constexpr size_t kLine = 64;
    constexpr int kSecondLevel = 2;
    for (size_t offset = 0; offset < bytes; offset += kLine) {
        __builtin_prefetch(from + offset, 0, kSecondLevel);
    }
#endif
}

}  // namespace chroma::onednn
