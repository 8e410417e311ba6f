// Shapes in PyTorch order (slowest axis first); ggml's `ne` is the reverse of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chroma {

using Shape = std::vector<int64_t>;

// "[3072, 64]"
[[nodiscard]] inline std::string shape_text(const Shape& shape) {
    std::string out = "[";
    for (size_t i = 0; i < shape.size(); ++i) {
        out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return out + "]";
}

[[nodiscard]] inline int64_t element_count(const Shape& shape) {
    int64_t count = 1;
    for (const int64_t length : shape) {
        count *= length;
    }
    return count;
}

}  // namespace chroma
