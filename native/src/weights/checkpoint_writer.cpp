#include "weights/checkpoint_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <type_traits>

#include "common/error.h"
#include "weights/int8_storage.h"
#include "weights/json.h"

namespace chroma {

namespace {

// GGUF's numbers for types of metadata.
constexpr uint32_t kUint32 = 4;
constexpr uint32_t kBool = 7;
constexpr uint32_t kString = 8;
constexpr uint32_t kArray = 9;
constexpr uint32_t kInt64 = 11;
constexpr uint32_t kFloat64 = 12;

constexpr uint32_t kVersion = 3;
constexpr uint32_t kQuantizationVersion = GGML_QNT_VERSION;
constexpr size_t kLongestKey = 65535;

// general.file_type, as the GGUF specification numbers it (llama.cpp's llama_ftype; for K-quants the "S" mixes, which
// are of one type). None for a file that keeps several types.
std::optional<uint32_t> file_type(chroma_type type) {
    switch (type) {
        case CHROMA_TYPE_F32:
            return 0;
        case CHROMA_TYPE_F16:
            return 1;
        case CHROMA_TYPE_Q4_0:
            return 2;
        case CHROMA_TYPE_Q4_1:
            return 3;
        case CHROMA_TYPE_Q8_0:
            return 7;
        case CHROMA_TYPE_Q5_0:
            return 8;
        case CHROMA_TYPE_Q5_1:
            return 9;
        case CHROMA_TYPE_Q2_K:
            return 10;
        case CHROMA_TYPE_Q3_K:
            return 11;
        case CHROMA_TYPE_Q4_K:
            return 14;
        case CHROMA_TYPE_Q5_K:
            return 16;
        case CHROMA_TYPE_Q6_K:
            return 18;
        case CHROMA_TYPE_BF16:
            return 32;
        default:
            return std::nullopt;
    }
}

// What ComfyUI-GGUF, the usual other reader of such files, calls these models: Chroma loads as a kind of FLUX there.
const char* gguf_architecture(chroma_architecture architecture) {
    switch (architecture) {
        case CHROMA_ARCHITECTURE_CHROMA:
        case CHROMA_ARCHITECTURE_FLUX:
            return "flux";
        case CHROMA_ARCHITECTURE_T5_ENCODER:
            return "t5encoder";
        case CHROMA_ARCHITECTURE_AUTOENCODER:
            return "autoencoder";
        default:
            return "unknown";
    }
}

template <typename T>
void append(std::string& out, T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
}

void append_string(std::string& out, std::string_view text) {
    append(out, static_cast<uint64_t>(text.size()));
    out += text;
}

template <typename T>
constexpr uint32_t gguf_type() {
    if constexpr (std::is_same_v<T, std::string>) {
        return kString;
    } else if constexpr (std::is_same_v<T, int64_t>) {
        return kInt64;
    } else if constexpr (std::is_same_v<T, double>) {
        return kFloat64;
    } else {
        return kBool;
    }
}

template <typename T>
void append_element(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
        append_string(out, value);
    } else if constexpr (std::is_same_v<T, bool>) {
        append(out, static_cast<uint8_t>(value));
    } else {
        append(out, value);
    }
}

template <typename T>
void append_value(std::string& out, const T& value) {
    append(out, gguf_type<T>());
    append_element(out, value);
}

template <typename T>
void append_value(std::string& out, const std::vector<T>& values) {
    append(out, kArray);
    append(out, gguf_type<T>());
    append(out, static_cast<uint64_t>(values.size()));
    for (const T& value : values) {
        append_element<T>(out, value);
    }
}

// Keys that describe the old file's layout, not its content.
bool belongs_to_layout(const std::string& key) {
    return key == "general.alignment" || key == kLayerFormatsKey || key.starts_with("split.") ||
           key.starts_with("comfy.gguf.orig_shape.") || is_int8_key(key);
}

bool has_int8_rows(const std::vector<PlannedTensor>& tensors) {
    return std::any_of(tensors.begin(), tensors.end(), [](const PlannedTensor& tensor) { return tensor.row_scales; });
}

class GgufMetadata {
  public:
    void add(const MetadataEntry& entry) {
        if (entry.key.empty() || entry.key.size() > kLongestKey || belongs_to_layout(entry.key)) {
            return;
        }
        append_string(bytes_, entry.key);
        if (entry.gguf.empty()) {
            std::visit([this](const auto& value) { append_value(bytes_, value); }, entry.value);
        } else {
            bytes_.append(reinterpret_cast<const char*>(entry.gguf.data()), entry.gguf.size());
        }
        ++count_;
    }

    void add(std::string_view key, uint32_t value) {
        append_string(bytes_, key);
        append(bytes_, kUint32);
        append(bytes_, value);
        ++count_;
    }

    void add(std::string_view key, const std::string& value) {
        append_string(bytes_, key);
        append_value(bytes_, value);
        ++count_;
    }

    [[nodiscard]] uint64_t count() const { return count_; }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
    uint64_t count_ = 0;
};

GgufMetadata gguf_metadata(const Checkpoint& checkpoint, const std::vector<PlannedTensor>& tensors, chroma_type type) {
    constexpr std::string_view kArchitecture = "general.architecture";
    constexpr std::string_view kFileType = "general.file_type";
    constexpr std::string_view kQuantization = "general.quantization_version";

    GgufMetadata out;
    if (checkpoint.find_metadata(kArchitecture) == nullptr) {
        out.add(kArchitecture, std::string(gguf_architecture(checkpoint.architecture())));
    }
    const std::optional<uint32_t> number = file_type(type);
    for (const MetadataEntry& entry : checkpoint.metadata()) {
        if (entry.key != kQuantization && !(entry.key == kFileType && type != CHROMA_TYPE_STORED)) {
            out.add(entry);
        }
    }
    if (number) {
        out.add(kFileType, *number);
    }
    out.add(kQuantization, kQuantizationVersion);
    if (has_int8_rows(tensors)) {
        for (const auto& [key, value] : kInt8Keys) {
            out.add(key, static_cast<uint32_t>(value));
        }
    }
    return out;
}

int64_t padded(int64_t bytes) {
    return (bytes + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment;
}

std::string number_text(double value) {
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), value);
    return error == std::errc() ? std::string(digits, end) : std::string("0");
}

template <typename T>
std::string value_text(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
        return value;
    } else if constexpr (std::is_same_v<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_same_v<T, double>) {
        return number_text(value);
    } else {
        return std::to_string(value);
    }
}

template <typename T>
std::string value_text(const std::vector<T>& values) {
    std::string out = "[";
    for (const T& value : values) {
        const std::string element = value_text<T>(value);
        out += (out.size() > 1 ? ", " : "") + (std::is_same_v<T, std::string> ? json_string(element) : element);
    }
    return out + "]";
}

const char* safetensors_word(ggml_type type) {
    switch (type) {
        case GGML_TYPE_F32:
            return "F32";
        case GGML_TYPE_F16:
            return "F16";
        case GGML_TYPE_BF16:
            return "BF16";
        case GGML_TYPE_F64:
            return "F64";
        case GGML_TYPE_I8:
            return "I8";
        case GGML_TYPE_I16:
            return "I16";
        case GGML_TYPE_I32:
            return "I32";
        case GGML_TYPE_I64:
            return "I64";
        default:
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "A safetensors file can't hold the type ", ggml_type_name(type),
                 "; write a .gguf file.");
    }
}

}  // namespace

std::string PlannedTensor::name() const {
    return row_scales ? int8_scale_name(whole->name) : whole->name;
}

Shape PlannedTensor::shape() const {
    return row_scales ? Shape{whole->shape[0]} : whole->shape;
}

int64_t PlannedTensor::bytes() const {
    return static_cast<int64_t>(ggml_row_size(type, element_count(shape())));
}

std::string gguf_header(const Checkpoint& checkpoint, const std::vector<PlannedTensor>& tensors, chroma_type type) {
    const GgufMetadata metadata = gguf_metadata(checkpoint, tensors, type);
    std::string out = "GGUF";
    append(out, kVersion);
    append(out, static_cast<uint64_t>(tensors.size()));
    append(out, metadata.count());
    out += metadata.bytes();
    int64_t offset = 0;
    for (const PlannedTensor& tensor : tensors) {
        const Shape shape = tensor.shape();
        append_string(out, tensor.name());
        append(out, static_cast<uint32_t>(shape.size()));
        for (size_t axis = shape.size(); axis > 0; --axis) {  // ggml counts axes from the fastest
            append(out, static_cast<uint64_t>(shape[axis - 1]));
        }
        append(out, static_cast<uint32_t>(tensor.type));
        append(out, static_cast<uint64_t>(offset));
        offset += padded(tensor.bytes());
    }
    out.resize(static_cast<size_t>(padded(static_cast<int64_t>(out.size()))), '\0');
    return out;
}

std::string safetensors_header(const Checkpoint& checkpoint, const std::vector<PlannedTensor>& tensors) {
    std::string json = "{";
    std::string metadata;
    const auto add = [&](std::string_view key, const std::string& value) {
        metadata += (metadata.empty() ? "" : ",") + json_string(key) + ":" + json_string(value);
    };
    for (const MetadataEntry& entry : checkpoint.metadata()) {
        if (!belongs_to_layout(entry.key)) {
            add(entry.key, std::visit([](const auto& held) { return value_text(held); }, entry.value));
        }
    }
    if (has_int8_rows(tensors)) {
        for (const auto& [key, value] : kInt8Keys) {
            add(key, std::to_string(value));
        }
    }
    if (!metadata.empty()) {
        json += "\"__metadata__\":{" + metadata + "}";
    }
    int64_t offset = 0;
    for (const PlannedTensor& tensor : tensors) {
        const int64_t end = offset + tensor.bytes();
        json += text(json.size() > 1 ? "," : "", json_string(tensor.name()), ":{\"dtype\":\"",
                     safetensors_word(tensor.type), "\",\"shape\":", value_text(tensor.shape()), ",\"data_offsets\":[",
                     offset, ",", end, "]}");
        offset = end;
    }
    json += "}";
    constexpr size_t kAlignment = 8;
    json.resize((json.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
    std::string out;
    append(out, static_cast<uint64_t>(json.size()));
    return out + json;
}

}  // namespace chroma
