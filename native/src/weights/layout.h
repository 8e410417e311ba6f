// Checks that both file formats share: where tensors lie in a file's data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "weights/checkpoint.h"

namespace chroma {

// The bytes of a tensor of this type and shape. Throws FORMAT if they overflow 64 bits or a row is not made of whole
// blocks.
[[nodiscard]] uint64_t tensor_bytes(const StoredTensor& tensor);

// Sets tensor.data to its bytes at `offset` within `data`. Throws FORMAT if they reach past the end.
void place_tensor(StoredTensor& tensor, std::span<const std::byte> data, uint64_t offset);

// Throws FORMAT naming two tensors of one file that share bytes.
void check_overlaps(const std::vector<StoredTensor>& tensors);

}  // namespace chroma
