// The headers of files to be written: everything before the tensors' data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ggml.h"
#include "weights/checkpoint.h"

namespace chroma {

// A tensor as it will stand in the new file.
struct PlannedTensor {
    const WholeTensor* whole = nullptr;
    ggml_type type = GGML_TYPE_F32;
    bool row_scales = false;  // the scales of the whole's int8 rows, which stand before it

    [[nodiscard]] std::string name() const;
    [[nodiscard]] Shape shape() const;
    [[nodiscard]] int64_t bytes() const;
};

inline constexpr int64_t kGgufAlignment = 32;

// The start of a GGUF version 3 file: header, metadata (the checkpoint's own; general.architecture, general.file_type
// and general.quantization_version set), and the tensors, whose data follow in order, each at a multiple of
// kGgufAlignment.
[[nodiscard]] std::string gguf_header(const Checkpoint& checkpoint, const std::vector<PlannedTensor>& tensors,
                                      chroma_type type);

// The start of a safetensors file; the tensors' data follow in order without gaps.
[[nodiscard]] std::string safetensors_header(const Checkpoint& checkpoint, const std::vector<PlannedTensor>& tensors);

}  // namespace chroma
