// How a file stores int8 rows (int8/int8.h): "X.weight" as I8 [rows, k], beside it "X.weight_scale" as F32 [rows], and
// metadata that says how the rows are rotated. I8 without that metadata is some other program's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "int8/int8.h"
#include "weights/checkpoint.h"

namespace chroma {

struct Int8Key {
    std::string_view key;
    int64_t value;
};

inline constexpr Int8Key kInt8Keys[] = {
    {"chroma.int8.rotation", int8::kLargestBlock},
    {"chroma.int8.stride", int8::kStride},
};

[[nodiscard]] inline bool is_int8_key(std::string_view key) {
    return key.starts_with("chroma.int8.");
}

[[nodiscard]] inline std::string int8_scale_name(const std::string& weight) {
    return weight + "_scale";
}

[[nodiscard]] bool holds_int8_rows(const Checkpoint& checkpoint);

// Why the file's int8 rows can't be used, if its metadata says that they are not rotated as encode() does it; else "".
[[nodiscard]] std::string rotation_problem(const Checkpoint& checkpoint);

}  // namespace chroma
