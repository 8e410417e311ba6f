// UTF-8: checking what files call text, and making it fit for messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chroma {

[[nodiscard]] bool is_utf8(std::string_view text);

// Whether a text can be a name in a model file: UTF-8 of 1 to kLongestName bytes without control characters. A name
// with a null would reach C callers cut short, and one with a line break would tear a message.
inline constexpr size_t kLongestName = 65535;  // GGUF's
[[nodiscard]] bool is_name(std::string_view text);

// Bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

// A name from a file for a message: control characters become spaces, bytes that are no UTF-8 U+FFFD, and what is too
// long is cut.
[[nodiscard]] std::string printable(std::string_view name);

// code: at most 0x10FFFF and no surrogate.
void append_utf8(std::string& out, uint32_t code);

}  // namespace chroma
