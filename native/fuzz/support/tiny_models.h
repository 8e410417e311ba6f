// The tensors of networks that are as small as they can be, and the headers of files that hold them.
#pragma once

#include <chroma.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/bytes.h"

namespace fuzz {

struct TinyTensor {
    std::string name;
    std::vector<int64_t> shape;  // PyTorch order

    [[nodiscard]] int64_t elements() const;
};

using TinyModel = std::vector<TinyTensor>;

// Hidden size 32, heads of 8 channels (RoPE axes 4, 2, 2), one double and one single block, 8 latent channels.
TinyModel tiny_transformer();

// 24 ids, d_model 32, 2 heads, one layer.
TinyModel tiny_t5();

// 32 channels, 8 latent channels, two levels.
TinyModel tiny_autoencoder();

// The RoPE axes of tiny_transformer().
constexpr int32_t kTinyRopeAxes[] = {4, 2, 2};

// How a file stores all tensors of more than one axis; the others are float32.
struct TinyType {
    uint32_t gguf;
    const char* safetensors;
    int64_t block_elements;
    int64_t block_bytes;
};

constexpr TinyType kTinyF32 = {0, "F32", 1, 4};
constexpr TinyType kTinyF16 = {1, "F16", 1, 2};
constexpr TinyType kTinyBF16 = {30, "BF16", 1, 2};
constexpr TinyType kTinyQ8 = {8, "I8", 32, 34};

// A whole header; the values follow it, without a gap. A text of metadata that begins with '[' becomes an array of
// int32 in GGUF.
using TinyMetadata = std::vector<std::pair<std::string, std::string>>;
Bytes gguf_header(const TinyModel& model, const TinyType& type, const TinyMetadata& metadata = {});
Bytes safetensors_header(const TinyModel& model, const TinyType& type, const TinyMetadata& metadata = {});

}  // namespace fuzz
