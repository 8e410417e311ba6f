#include "weights/int8_storage.h"

#include <algorithm>

#include "common/error.h"

namespace chroma {

namespace {

// Safetensors has only strings.
bool is_number(const MetadataValue* value, int64_t number) {
    if (value == nullptr) {
        return false;
    }
    const auto* integer = std::get_if<int64_t>(value);
    const auto* digits = std::get_if<std::string>(value);
    return (integer != nullptr && *integer == number) || (digits != nullptr && *digits == std::to_string(number));
}

}  // namespace

bool holds_int8_rows(const Checkpoint& checkpoint) {
    return std::any_of(std::begin(kInt8Keys), std::end(kInt8Keys),
                       [&](const Int8Key& key) { return checkpoint.find_metadata(key.key) != nullptr; });
}

std::string rotation_problem(const Checkpoint& checkpoint) {
    for (const auto& [key, value] : kInt8Keys) {
        if (!is_number(checkpoint.find_metadata(key), value)) {
            return text("its int8 rows are rotated in a way that is not known here, as the metadata key '", key,
                        "' is not ", value);
        }
    }
    return "";
}

}  // namespace chroma
