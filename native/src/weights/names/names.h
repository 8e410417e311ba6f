// From the names that programs give tensors to those of the original checkpoints. The tables are in <component>.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/shape.h"
#include "weights/weight_kind.h"

namespace chroma {

enum class Component { Chroma, T5, Autoencoder };

// How the shape of a stored tensor differs from the original's.
enum class ShapeRule {
    Same,
    Pointwise  // a linear layer's [out, in] stands for a 1x1 convolution's [out, in, 1, 1]
};

// One line of a name table. In `stored`, # stands for a number, @ for "encoder" or "decoder", and a final * for one
// last word (weight, bias). `canonical` repeats them in the same order, with ~ for a # that counts from the other end
// (diffusers numbers the decoder's blocks in running order).
struct NameRule {
    const char* stored;
    const char* canonical;  // null: the same
    WeightKind kind;        // of what * stands for if that is "weight"; anything else is a Vector
    int part = 0;           // which rows of the canonical tensor this is...
    int parts = 1;          // ...out of how many parts
    ShapeRule shape = ShapeRule::Same;
};

struct NameTable {
    Component component;
    std::span<const std::string_view> prefixes;  // that may stand before every name: none, one, or several in a row
    std::span<const NameRule> rules;
};

[[nodiscard]] const NameTable& chroma_names();
[[nodiscard]] const NameTable& t5_names();
[[nodiscard]] const NameTable& autoencoder_names();

struct NameMatch {
    Component component;
    std::string canonical;
    WeightKind kind;
    int part;
    int parts;
    ShapeRule shape;
};

// reversed_blocks: how many blocks a ~ counts from.
[[nodiscard]] std::optional<NameMatch> match_name(std::string_view name, int reversed_blocks);

// 1 + the N of "decoder.up_blocks.N." in this name; 0 if it has none.
[[nodiscard]] int reversed_block_of(std::string_view name);

// The name without the known prefixes of any component, and without what PyTorch's wrappers put into it.
[[nodiscard]] std::string without_prefix(std::string_view name);

}  // namespace chroma
