// What a WeightLoader reads of a checkpoint's metadata.
#include <charconv>

#include "common/error.h"
#include "weights/json.h"
#include "weights/utf8.h"
#include "weights/weight_loader.h"

namespace chroma {

// Safetensors has only strings, so numbers in them are read too.
std::optional<std::vector<int64_t>> WeightLoader::metadata_integers(const std::string& key) const {
    const MetadataValue* value = checkpoint().find_metadata(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (const auto* list = std::get_if<std::vector<int64_t>>(value)) {
        return *list;
    }
    if (const auto* number = std::get_if<int64_t>(value)) {
        return std::vector<int64_t>{*number};
    }
    const auto* string = std::get_if<std::string>(value);
    if (string == nullptr) {
        return std::nullopt;
    }
    const auto refuse = [&] {
        fail(CHROMA_ERROR_FORMAT, "'", checkpoint().path(), "' has '", printable(*string), "' under the metadata key '",
             key, "', where integers are expected.");
    };
    try {
        const JsonValue json = parse_json(*string, checkpoint().path());
        std::vector<int64_t> out;
        if (const auto integer = json.as_integer()) {
            out.push_back(*integer);
        } else if (json.as_array() != nullptr) {
            for (const JsonValue& element : *json.as_array()) {
                if (!element.as_integer()) {
                    refuse();
                }
                out.push_back(*element.as_integer());
            }
        } else {
            refuse();
        }
        return out;
    } catch (const Error&) {
        refuse();
    }
    return std::nullopt;
}

std::optional<double> WeightLoader::metadata_number(const std::string& key) const {
    const MetadataValue* value = checkpoint().find_metadata(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (const auto* number = std::get_if<double>(value)) {
        return *number;
    }
    if (const auto* number = std::get_if<int64_t>(value)) {
        return static_cast<double>(*number);
    }
    if (const auto* string = std::get_if<std::string>(value)) {
        double number = 0;
        const char* end = string->data() + string->size();
        const auto [stop, error] = std::from_chars(string->data(), end, number);
        if (error == std::errc() && stop == end) {
            return number;
        }
        fail(CHROMA_ERROR_FORMAT, "'", checkpoint().path(), "' has '", printable(*string), "' under the metadata key '",
             key, "', where a number is expected.");
    }
    return std::nullopt;
}

std::string WeightLoader::metadata_text(const std::string& key) const {
    const MetadataValue* value = checkpoint().find_metadata(key);
    const auto* string = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return string == nullptr ? "" : *string;
}

void WeightLoader::check_block_count(const std::string& prefix, int64_t count,
                                     const std::vector<std::string>& keys) const {
    for (const std::string& key : keys) {
        const auto* stated = checkpoint().find_metadata(key);
        const auto* number = stated == nullptr ? nullptr : std::get_if<int64_t>(stated);
        if (number != nullptr && *number != count) {
            fail(CHROMA_ERROR_MISSING_TENSOR, "'", checkpoint().path(), "' has the blocks '", prefix, "0' to '", prefix,
                 count - 1, "', but its metadata '", key, "' says that there are ", *number, ".");
        }
    }
}

}  // namespace chroma
