#include "weights/sets/part_names.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace chroma {

namespace {

constexpr std::string_view kEndings[] = {".gguf", ".safetensors", ".sft"};
constexpr std::string_view kSeparators[] = {"-of-", "_of_"};
constexpr size_t kMaxDigits = 9;

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return out;
}

// The digits at the end of the text.
std::string_view trailing_number(std::string_view text) {
    size_t start = text.size();
    while (start > 0 && text[start - 1] >= '0' && text[start - 1] <= '9') {
        --start;
    }
    return text.substr(start);
}

std::optional<int64_t> to_number(std::string_view digits) {
    if (digits.empty() || digits.size() > kMaxDigits) {
        return std::nullopt;
    }
    int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

}  // namespace

bool PartName::belongs_with(const PartName& other) const {
    return stem == other.stem && count == other.count && lower(separator) == lower(other.separator) &&
           lower(rest) == lower(other.rest);
}

std::string PartName::name_of(int64_t other) const {
    std::string text = std::to_string(other);
    text.insert(0, text.size() < digits ? digits - text.size() : 0, '0');
    return stem + text + separator + rest;
}

bool is_weights_name(std::string_view file_name) {
    const std::string name = lower(file_name);
    return std::any_of(std::begin(kEndings), std::end(kEndings),
                       [&](std::string_view ending) { return name.ends_with(ending); });
}

std::optional<PartName> parse_part_name(std::string_view file_name) {
    if (!is_weights_name(file_name)) {
        return std::nullopt;
    }
    const std::string_view body = file_name.substr(0, file_name.rfind('.'));
    const std::string_view count = trailing_number(body);
    const std::string_view before = body.substr(0, body.size() - count.size());
    const std::string words = lower(before);
    const auto* separator = std::find_if(std::begin(kSeparators), std::end(kSeparators),
                                         [&](std::string_view candidate) { return words.ends_with(candidate); });
    if (separator == std::end(kSeparators)) {
        return std::nullopt;
    }
    const std::string_view numbered = before.substr(0, before.size() - separator->size());
    const std::string_view number = trailing_number(numbered);
    PartName name;
    const auto parsed_number = to_number(number);
    const auto parsed_count = to_number(count);
    if (!parsed_number || !parsed_count || *parsed_count < 1 || *parsed_number > *parsed_count) {
        return std::nullopt;
    }
    name.stem = numbered.substr(0, numbered.size() - number.size());
    name.number = *parsed_number;
    name.digits = number.size();
    name.separator = before.substr(before.size() - separator->size());
    name.count = *parsed_count;
    name.rest = file_name.substr(before.size());
    return name;
}

}  // namespace chroma
