// Names of files that are parts of one checkpoint: "model-00001-of-00002.safetensors".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chroma {

struct PartName {
    std::string stem;  // everything before the number
    int64_t number = 0;
    size_t digits = 0;      // of the number, as written
    std::string separator;  // between number and count: "-of-"
    int64_t count = 0;
    std::string rest;  // from the count on: "00002.safetensors"

    [[nodiscard]] bool belongs_with(const PartName& other) const;

    // The file name of another part of the same checkpoint.
    [[nodiscard]] std::string name_of(int64_t other) const;
};

// Nothing for a name that does not say which part of how many the file is, or of a file that is no weights.
[[nodiscard]] std::optional<PartName> parse_part_name(std::string_view file_name);

// By its ending, in any case: .gguf, .safetensors or .sft.
[[nodiscard]] bool is_weights_name(std::string_view file_name);

}  // namespace chroma
