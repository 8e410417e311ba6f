// Little-endian numbers in byte vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace fuzz {

using Bytes = std::vector<uint8_t>;

// The number of `width` bytes (1 to 8) at `position`, which must be inside.
inline uint64_t number_at(const Bytes& bytes, size_t position, size_t width) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data() + position, width);
    return value;
}

inline void set_number(Bytes& bytes, size_t position, size_t width, uint64_t value) {
    std::memcpy(bytes.data() + position, &value, width);
}

inline void append_number(Bytes& bytes, size_t width, uint64_t value) {
    bytes.resize(bytes.size() + width);
    set_number(bytes, bytes.size() - width, width, value);
}

inline void append(Bytes& bytes, std::string_view text) {
    bytes.insert(bytes.end(), text.begin(), text.end());
}

// Puts `text` in place of `length` bytes at `position`.
inline void replace(Bytes& bytes, size_t position, size_t length, std::string_view text) {
    const auto at = bytes.begin() + static_cast<ptrdiff_t>(position);
    bytes.insert(bytes.erase(at, at + static_cast<ptrdiff_t>(length)), text.begin(), text.end());
}

inline std::string_view text_of(const Bytes& bytes, size_t position, size_t length) {
    return {reinterpret_cast<const char*>(bytes.data()) + position, length};
}

}  // namespace fuzz
