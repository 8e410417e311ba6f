// safetensors (https://github.com/huggingface/safetensors#format), checked as strictly as the reference implementation
// does.
#pragma once

#include "weights/checkpoint.h"

namespace chroma {

// True if the file starts like one: a header length and an opening brace.
[[nodiscard]] bool is_safetensors(std::span<const std::byte> bytes);

// Throws FORMAT or UNSUPPORTED with the file's name and, where there is one, the tensor's. Tensor data are spans of
// `file`.
[[nodiscard]] FileContent read_safetensors(const MappedFile& file);

}  // namespace chroma
