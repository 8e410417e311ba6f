#include "weights/safetensors_reader.h"

#include <algorithm>
#include <cstring>

#include "common/error.h"
#include "weights/json.h"
#include "weights/layout.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLargestHeader = 100'000'000;  // the reference implementation's limit
constexpr const char* kMetadataKey = "__metadata__";

uint64_t read_header_length(std::span<const std::byte> bytes) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    return length;
}

class SafetensorsParser {
  public:
    explicit SafetensorsParser(const MappedFile& file) : file_(file) {}

    FileContent parse() {
        const std::span<const std::byte> bytes = file_.bytes();
        if (bytes.size() < kLengthBytes) {
            refuse("is truncated: a safetensors file has at least ", kLengthBytes, " bytes, this one has ",
                   bytes.size(), ".");
        }
        const uint64_t length = read_header_length(bytes);
        if (length > kLargestHeader || length > bytes.size() - kLengthBytes) {
            refuse("is truncated or damaged: it claims a header of ", length, " bytes, but has ", bytes.size(),
                   " bytes in all (and ", kLargestHeader, " is the longest header allowed).");
        }
        const std::span<const std::byte> header = bytes.subspan(kLengthBytes, length);
        data_ = bytes.subspan(kLengthBytes + length);

        const JsonValue root = parse_json({reinterpret_cast<const char*>(header.data()), header.size()}, file_.path());
        if (root.as_object() == nullptr) {
            refuse("has a header that is no JSON object.");
        }
        FileContent content;
        content.container = CHROMA_CONTAINER_SAFETENSORS;
        for (const auto& [name, value] : *root.as_object()) {
            if (name == kMetadataKey) {
                parse_metadata(value, content.metadata);
            } else {
                content.tensors.push_back(parse_tensor(name, value));
            }
        }
        check_overlaps(content.tensors);
        check_coverage(content.tensors);
        return content;
    }

  private:
    template <typename... Parts>
    [[noreturn]] void refuse(const Parts&... parts) const {
        fail(CHROMA_ERROR_FORMAT, "'", file_.path(), "' ", parts...);
    }

    void parse_metadata(const JsonValue& value, std::vector<MetadataEntry>& metadata) const {
        if (value.as_object() == nullptr) {
            refuse("has a '", kMetadataKey, "' that is no JSON object.");
        }
        for (const auto& [key, entry] : *value.as_object()) {
            if (!is_name(key)) {
                refuse("has a key in its '", kMetadataKey, "' that is no text of 1 to ", kLongestName,
                       " bytes without control characters: '", printable(key), "'.");
            }
            if (entry.as_string() == nullptr) {
                refuse("has a '", kMetadataKey, "' whose value for '", printable(key), "' is no string.");
            }
            metadata.push_back({key, *entry.as_string(), {}});
        }
    }

    [[nodiscard]] StoredTensor parse_tensor(const std::string& name, const JsonValue& value) const {
        if (!is_name(name)) {
            refuse("has a tensor name that is no text of 1 to ", kLongestName, " bytes without control characters: '",
                   printable(name), "'.");
        }
        StoredTensor tensor;
        tensor.name = name;
        tensor.file = file_.path();
        parse_type(value, tensor);
        parse_shape(value, tensor);

        const JsonValue* offsets = value.find("data_offsets");
        const JsonValue::Array* pair = offsets == nullptr ? nullptr : offsets->as_array();
        const auto begin = pair != nullptr && pair->size() == 2 ? (*pair)[0].as_integer() : std::nullopt;
        const auto end = pair != nullptr && pair->size() == 2 ? (*pair)[1].as_integer() : std::nullopt;
        if (!begin.has_value() || !end.has_value() || *begin < 0 || *end < *begin) {
            refuse("gives the tensor '", printable(name), "' no valid 'data_offsets': two integers, begin and end.");
        }
        const uint64_t needed = tensor_bytes(tensor);
        const auto given = static_cast<uint64_t>(*end - *begin);
        if (given != needed) {
            refuse("gives the tensor '", printable(name), "' ", given, " bytes, but ", tensor.type.text, " of shape ",
                   shape_text(tensor.shape), " takes ", needed, ".");
        }
        place_tensor(tensor, data_, static_cast<uint64_t>(*begin));
        return tensor;
    }

    void parse_type(const JsonValue& value, StoredTensor& tensor) const {
        const JsonValue* type = value.find("dtype");
        if (type == nullptr || type->as_string() == nullptr) {
            refuse("gives the tensor '", printable(tensor.name), "' no 'dtype'.");
        }
        if (!find_safetensors_type(*type->as_string(), tensor.type)) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", file_.path(), "' stores the tensor '", printable(tensor.name),
                 "' in the type '", printable(*type->as_string()), "', which is not supported.");
        }
    }

    void parse_shape(const JsonValue& value, StoredTensor& tensor) const {
        const JsonValue* shape = value.find("shape");
        if (shape == nullptr || shape->as_array() == nullptr) {
            refuse("gives the tensor '", printable(tensor.name), "' no 'shape'.");
        }
        if (shape->as_array()->size() > CHROMA_MAX_RANK) {
            refuse("gives the tensor '", printable(tensor.name), "' ", shape->as_array()->size(), " axes; at most ",
                   CHROMA_MAX_RANK, " are supported.");
        }
        for (const JsonValue& axis : *shape->as_array()) {
            const std::optional<int64_t> length = axis.as_integer();
            if (!length.has_value() || *length < 0) {
                refuse("gives the tensor '", printable(tensor.name), "' a shape with an axis that is no length.");
            }
            tensor.shape.push_back(*length);
        }
    }

    // The format wants every byte to belong to a tensor; bytes of nobody mean a damaged or doctored file.
    void check_coverage(const std::vector<StoredTensor>& tensors) const {
        uint64_t covered = 0;
        for (const StoredTensor& tensor : tensors) {
            covered += tensor.data.size();
        }
        if (covered != data_.size()) {
            refuse("has ", data_.size(), " bytes of data, of which ", data_.size() - covered, " belong to no tensor.");
        }
    }

    const MappedFile& file_;
    std::span<const std::byte> data_;
};

}  // namespace

bool is_safetensors(std::span<const std::byte> bytes) {
    if (bytes.size() < kLengthBytes + 1) {
        return false;
    }
    const auto first = static_cast<char>(bytes[kLengthBytes]);
    return first == '{' && read_header_length(bytes) <= kLargestHeader * 1000;
}

FileContent read_safetensors(const MappedFile& file) {
    return SafetensorsParser(file).parse();
}

}  // namespace chroma
