// GGUF versions 2 and 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), read without trusting a single
// number in them.
#pragma once

#include "weights/checkpoint.h"

namespace chroma {

[[nodiscard]] bool is_gguf(std::span<const std::byte> bytes);

// Throws FORMAT or UNSUPPORTED with the file's name and, where there is one, the tensor's. Tensor data are spans of
// `file`.
[[nodiscard]] FileContent read_gguf(const MappedFile& file);

}  // namespace chroma
