// Which scales belong to which values: ComfyUI's scaled float8 in both of its layouts, and int8 rows. Values whose
// scales are lost, or of a format that is not known, become a problem of their tensor.
#pragma once

#include <vector>

#include "weights/checkpoint.h"

namespace chroma {

// Fills in the scales of wholes and marks the tensors that are scales. The checkpoint's tensors have their names.
void find_scales(const Checkpoint& checkpoint, std::vector<WholeTensor>& wholes, std::vector<StoredTensor>& tensors);

}  // namespace chroma
