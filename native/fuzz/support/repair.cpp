#include "support/repair.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "common/error.h"
#include "ggml.h"
#include "support/gguf_fields.h"
#include "weights/json.h"

namespace fuzz {

namespace {

using chroma::JsonValue;

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kAlignment = 32;

uint64_t saturated(uint64_t count, uint64_t length) {
    return std::min(std::min(count, kMostData) * std::min(length, kMostData), kMostData);
}

void repair_gguf(Bytes& file) {
    const GgufFields fields = gguf_fields(file);
    uint64_t end = 0;
    for (const GgufTensor& tensor : fields.tensors) {
        const uint64_t type = number_at(file, tensor.type, 4);
        set_number(file, tensor.offset, 8, end);
        if (type < GGML_TYPE_COUNT && ggml_blck_size(static_cast<ggml_type>(type)) > 0) {
            const auto known = static_cast<ggml_type>(type);
            const uint64_t bytes =
                tensor.elements / static_cast<uint64_t>(ggml_blck_size(known)) * ggml_type_size(known);
            end += (bytes + kAlignment - 1) / kAlignment * kAlignment;
        }
    }
    file.resize((fields.header + kAlignment - 1) / kAlignment * kAlignment);
}

std::optional<uint64_t> bytes_of(const JsonValue& tensor) {
    static const std::map<std::string_view, uint64_t> kWidths = {
        {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I8", 1},   {"I16", 2},
        {"I32", 4}, {"I64", 8}, {"U8", 1},   {"U16", 2}, {"U32", 4},     {"U64", 8},     {"BOOL", 1},
    };
    const JsonValue* type = tensor.find("dtype");
    const JsonValue* shape = tensor.find("shape");
    if (type == nullptr || type->as_string() == nullptr || shape == nullptr || shape->as_array() == nullptr ||
        !kWidths.contains(*type->as_string())) {
        return std::nullopt;
    }
    uint64_t bytes = kWidths.at(*type->as_string());
    for (const JsonValue& length : *shape->as_array()) {
        bytes = saturated(bytes, static_cast<uint64_t>(length.as_integer().value_or(0)));
    }
    return bytes;
}

void repair_safetensors(Bytes& file) {
    const uint64_t length = std::min<uint64_t>(number_at(file, 0, kLengthBytes), file.size() - kLengthBytes);
    const std::string header(text_of(file, kLengthBytes, length));
    JsonValue root;
    try {
        root = chroma::parse_json(header, "header");
    } catch (const chroma::Error&) {
        return;
    }
    if (root.as_object() == nullptr) {
        return;
    }
    std::string json = header;
    constexpr std::string_view kKey = "\"data_offsets\":[";
    size_t at = 0;
    uint64_t end = 0;
    for (const auto& [name, tensor] : *root.as_object()) {
        const std::optional<uint64_t> bytes = bytes_of(tensor);
        at = bytes ? json.find(kKey, at) : at;
        const size_t close = at == std::string::npos ? at : json.find(']', at);
        if (close == std::string::npos) {
            break;
        }
        if (bytes) {
            at += kKey.size();
            json.replace(at, close - at, std::to_string(end) + "," + std::to_string(end + *bytes));
            end += *bytes;
        }
    }
    file.clear();
    append_number(file, kLengthBytes, json.size());
    append(file, json);
}

}  // namespace

void repair(Bytes& file) {
    if (is_gguf(text_of(file, 0, file.size()))) {
        repair_gguf(file);
    } else if (file.size() > kLengthBytes) {
        repair_safetensors(file);
    }
}

}  // namespace fuzz
