#include "weights/json.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <unordered_set>

#include "common/error.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

// Headers nest three deep; the limit only has to keep hostile text off the end of the stack.
constexpr int kMaxDepth = 64;

// Far more than any model's header has. Values take many times the memory of the few bytes that may stand for them.
constexpr int kMaxValues = 4'000'000;

class Parser {
  public:
    Parser(std::string_view text, const std::string& source) : text_(text), source_(source) {}

    JsonValue parse() {
        JsonValue value = parse_value(0);
        skip_space();
        if (position_ != text_.size()) {
            refuse("text after the end of the value");
        }
        return value;
    }

  private:
    [[noreturn]] void refuse(const char* what) const {
        fail(CHROMA_ERROR_FORMAT, "'", source_, "' holds invalid JSON at byte ", position_, " of it: ", what, ".");
    }

    void skip_space() {
        while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t' ||
                                            text_[position_] == '\n' || text_[position_] == '\r')) {
            ++position_;
        }
    }

    [[nodiscard]] bool at(char c) const { return position_ < text_.size() && text_[position_] == c; }

    bool take(char c) {
        if (!at(c)) {
            return false;
        }
        ++position_;
        return true;
    }

    void expect(char c, const char* what) {
        skip_space();
        if (!take(c)) {
            refuse(what);
        }
    }

    bool take_word(std::string_view word) {
        if (text_.substr(position_, word.size()) != word) {
            return false;
        }
        position_ += word.size();
        return true;
    }

    JsonValue parse_value(int depth) {
        if (depth > kMaxDepth) {
            refuse("nested too deeply");
        }
        if (++values_ > kMaxValues) {
            refuse("too many values");
        }
        skip_space();
        if (take('{')) {
            return parse_object(depth);
        }
        if (take('[')) {
            return parse_array(depth);
        }
        if (take('"')) {
            return JsonValue(parse_string());
        }
        if (take_word("true")) {
            return JsonValue(true);
        }
        if (take_word("false")) {
            return JsonValue(false);
        }
        if (take_word("null")) {
            return JsonValue();
        }
        return JsonValue(parse_number());
    }

    JsonValue parse_object(int depth) {
        JsonValue::Object members;
        std::unordered_set<std::string> keys;
        skip_space();
        if (take('}')) {
            return JsonValue(std::move(members));
        }
        while (true) {
            expect('"', "expected a key in quotes");
            std::string key = parse_string();
            if (!keys.insert(key).second) {
                fail(CHROMA_ERROR_FORMAT, "'", source_, "' names '", printable(key), "' twice in its JSON.");
            }
            expect(':', "expected ':'");
            JsonValue value = parse_value(depth + 1);
            members.emplace_back(std::move(key), std::move(value));
            skip_space();
            if (take('}')) {
                return JsonValue(std::move(members));
            }
            expect(',', "expected ',' or '}'");
        }
    }

    JsonValue parse_array(int depth) {
        JsonValue::Array elements;
        skip_space();
        if (take(']')) {
            return JsonValue(std::move(elements));
        }
        while (true) {
            elements.push_back(parse_value(depth + 1));
            skip_space();
            if (take(']')) {
                return JsonValue(std::move(elements));
            }
            expect(',', "expected ',' or ']'");
        }
    }

    // After the opening quote.
    std::string parse_string() {
        std::string out;
        while (true) {
            if (position_ >= text_.size()) {
                refuse("a string has no end");
            }
            const char c = text_[position_];
            if (static_cast<unsigned char>(c) < 0x20) {
                refuse("a control character in a string");
            }
            ++position_;
            if (c == '"') {
                break;
            }
            if (c == '\\') {
                parse_escape(out);
            } else {
                out.push_back(c);
            }
        }
        if (!is_utf8(out)) {
            refuse("a string is not UTF-8");
        }
        return out;
    }

    void parse_escape(std::string& out) {
        if (position_ >= text_.size()) {
            refuse("a string has no end");
        }
        switch (text_[position_++]) {
            case '"':
                out.push_back('"');
                return;
            case '\\':
                out.push_back('\\');
                return;
            case '/':
                out.push_back('/');
                return;
            case 'b':
                out.push_back('\b');
                return;
            case 'f':
                out.push_back('\f');
                return;
            case 'n':
                out.push_back('\n');
                return;
            case 'r':
                out.push_back('\r');
                return;
            case 't':
                out.push_back('\t');
                return;
            case 'u':
                break;
            default:
                refuse("an unknown escape in a string");
        }
        uint32_t code = parse_hex();
        if (code >= 0xD800 && code < 0xDC00) {
            if (!take_word("\\u")) {
                refuse("half of a surrogate pair in a string");
            }
            const uint32_t low = parse_hex();
            if (low < 0xDC00 || low >= 0xE000) {
                refuse("half of a surrogate pair in a string");
            }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xDC00 && code < 0xE000) {
            refuse("half of a surrogate pair in a string");
        }
        append_utf8(out, code);
    }

    uint32_t parse_hex() {
        uint32_t code = 0;
        const std::string_view digits = text_.substr(position_, 4);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) {
            refuse("expected four hexadecimal digits");
        }
        position_ += 4;
        return code;
    }

    bool take_digits() {
        const size_t start = position_;
        while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
            ++position_;
        }
        return position_ > start;
    }

    JsonValue::Number parse_number() {
        const size_t start = position_;
        take('-');
        if (!take('0') && !take_digits()) {
            refuse("expected a value");
        }
        if (take('.') && !take_digits()) {
            refuse("expected digits after the point");
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            if (!take_digits()) {
                refuse("expected digits in the exponent");
            }
        }
        return {std::string(text_.substr(start, position_ - start))};
    }

    std::string_view text_;
    const std::string& source_;
    size_t position_ = 0;
    int values_ = 0;
};

template <typename T>
std::optional<T> parse_whole(const std::string& text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::optional<int64_t> JsonValue::as_integer() const {
    const auto* number = std::get_if<Number>(&value_);
    return number == nullptr ? std::nullopt : parse_whole<int64_t>(number->text);
}

std::optional<double> JsonValue::as_number() const {
    const auto* number = std::get_if<Number>(&value_);
    return number == nullptr ? std::nullopt : parse_whole<double>(number->text);
}

const JsonValue* JsonValue::find(std::string_view key) const {
    const Object* object = as_object();
    if (object == nullptr) {
        return nullptr;
    }
    const auto member = std::find_if(object->begin(), object->end(), [&](const Member& m) { return m.first == key; });
    return member == object->end() ? nullptr : &member->second;
}

JsonValue parse_json(std::string_view text, const std::string& source) {
    return Parser(text, source).parse();
}

std::string json_string(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : to_valid_utf8(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (byte < 0x20) {
            out += "\\u00";
            out.push_back(kHex[byte >> 4]);
            out.push_back(kHex[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
    return out;
}

}  // namespace chroma
