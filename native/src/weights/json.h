// A small JSON reader (RFC 8259) for the headers of model files: bounded depth, no recursion on the caller's stack
// beyond it, and memory in proportion to the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chroma {

class JsonValue {
  public:
    struct Number {
        std::string text;  // kept as written, so that 64-bit integers stay exact
    };
    using Array = std::vector<JsonValue>;
    using Member = std::pair<std::string, JsonValue>;
    using Object = std::vector<Member>;  // in the text's order; duplicates are refused while parsing
    using Value = std::variant<std::nullptr_t, bool, Number, std::string, Array, Object>;

    JsonValue() = default;
    explicit JsonValue(Value value) : value_(std::move(value)) {}

    [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&value_); }
    [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&value_); }
    [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
    [[nodiscard]] const bool* as_boolean() const { return std::get_if<bool>(&value_); }

    // A number written as an integer and within int64; nothing otherwise.
    [[nodiscard]] std::optional<int64_t> as_integer() const;
    [[nodiscard]] std::optional<double> as_number() const;

    // A member of an object; null if there is none or this is not an object.
    [[nodiscard]] const JsonValue* find(std::string_view key) const;

  private:
    Value value_ = nullptr;
};

// Parses a whole text. Throws FORMAT: "'<source>' holds invalid JSON at byte N: <what>."
[[nodiscard]] JsonValue parse_json(std::string_view text, const std::string& source);

// A JSON string literal, quotes included. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace chroma
