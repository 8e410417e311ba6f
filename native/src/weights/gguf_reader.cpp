#include "weights/gguf_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <unordered_set>

#include "common/error.h"
#include "weights/layout.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

static_assert(std::endian::native == std::endian::little,
              "GGUF and safetensors are little-endian, and mapped as they are");

constexpr std::string_view kMagic = "GGUF";
constexpr uint64_t kDefaultAlignment = 32;
constexpr uint64_t kLargestAlignment = 1 << 20;
constexpr uint32_t kMaxDimensions = 4;
constexpr uint64_t kMaxArrayElements = 1 << 22;

enum class ValueType : uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

// The smallest that one entry can be in the file: bounds each count before anything is made of it.
constexpr uint64_t kSmallestString = 8;
constexpr uint64_t kSmallestMetadata = kSmallestString + 4 + 1;
constexpr uint64_t kSmallestTensor = kSmallestString + 4 + 4 + 8;

class GgufParser {
  public:
    explicit GgufParser(const MappedFile& file) : file_(file), bytes_(file.bytes()) {}

    FileContent parse() {
        FileContent content;
        content.container = CHROMA_CONTAINER_GGUF;
        position_ = kMagic.size();
        check_version(read<uint32_t>("version"));
        const uint64_t tensor_count = read_count(kSmallestTensor, "tensor");
        const uint64_t metadata_count = read_count(kSmallestMetadata, "metadata");
        parse_metadata(metadata_count, content.metadata);
        parse_tensors(tensor_count, content.tensors);
        return content;
    }

  private:
    template <typename... Parts>
    [[noreturn]] void refuse(const Parts&... parts) const {
        fail(CHROMA_ERROR_FORMAT, "'", file_.path(), "' ", parts...);
    }

    [[nodiscard]] uint64_t remaining() const { return bytes_.size() - position_; }

    [[noreturn]] void refuse_end(std::string_view what) const {
        refuse("is truncated: the file ends at byte ", bytes_.size(), ", within its ", what, ".");
    }

    template <typename T>
    T read(std::string_view what) {
        if (remaining() < sizeof(T)) {
            refuse_end(what);
        }
        T value{};
        std::memcpy(&value, bytes_.data() + position_, sizeof(T));
        position_ += sizeof(T);
        return value;
    }

    std::string_view read_string(std::string_view what) {
        const auto length = read<uint64_t>(what);
        if (length > remaining()) {
            refuse("is truncated or damaged: it claims ", length, " bytes for its ", what, " at byte ", position_,
                   ", but only ", remaining(), " are left.");
        }
        const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + position_, length);
        position_ += length;
        return text;
    }

    uint64_t read_count(uint64_t smallest, std::string_view what) {
        const auto count = read<uint64_t>("header");
        if (count > bytes_.size() / smallest) {
            refuse("is truncated or damaged: it claims ", count, " ", what, " entries, more than a file of ",
                   bytes_.size(), " bytes can hold.");
        }
        return count;
    }

    void check_version(uint32_t version) const {
        if (version == 2 || version == 3) {
            return;
        }
        if ((version & 0xFFFFU) == 0 && version != 0) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", file_.path(),
                 "' is a big-endian GGUF file; only little-endian ones are supported.");
        }
        fail(CHROMA_ERROR_UNSUPPORTED, "'", file_.path(), "' is a GGUF file of version ", version,
             "; versions 2 and 3 are supported.");
    }

    void parse_metadata(uint64_t count, std::vector<MetadataEntry>& metadata) {
        std::unordered_set<std::string> keys;
        for (uint64_t i = 0; i < count; ++i) {
            const std::string_view raw = read_string("metadata keys");
            if (!is_name(raw)) {
                refuse("has a metadata key at byte ", position_ - raw.size(), " that is no text of 1 to ", kLongestName,
                       " bytes without control characters: '", printable(raw), "'.");
            }
            std::string key(raw);
            if (!keys.insert(key).second) {
                refuse("has the metadata key '", printable(key), "' twice.");
            }
            const uint64_t start = position_;
            MetadataValue value = parse_value(key, read<uint32_t>("metadata"));
            if (key == "general.alignment") {
                set_alignment(value);
            }
            metadata.push_back({std::move(key), std::move(value), bytes_.subspan(start, position_ - start)});
        }
    }

    void set_alignment(const MetadataValue& value) {
        const int64_t* number = std::get_if<int64_t>(&value);
        if (number == nullptr || *number < 1 || *number > static_cast<int64_t>(kLargestAlignment) ||
            !std::has_single_bit(static_cast<uint64_t>(*number))) {
            refuse("has a 'general.alignment' that is no power of two up to ", kLargestAlignment, ".");
        }
        alignment_ = static_cast<uint64_t>(*number);
    }

    MetadataValue parse_value(const std::string& key, uint32_t type) {
        switch (static_cast<ValueType>(type)) {
            case ValueType::U8:
                return int64_t{read<uint8_t>("metadata")};
            case ValueType::I8:
                return int64_t{read<int8_t>("metadata")};
            case ValueType::U16:
                return int64_t{read<uint16_t>("metadata")};
            case ValueType::I16:
                return int64_t{read<int16_t>("metadata")};
            case ValueType::U32:
                return int64_t{read<uint32_t>("metadata")};
            case ValueType::I32:
                return int64_t{read<int32_t>("metadata")};
            case ValueType::F32:
                return double{read<float>("metadata")};
            case ValueType::Bool:
                return read<uint8_t>("metadata") != 0;
            case ValueType::String:
                return std::string(read_string("metadata"));
            case ValueType::Array:
                return parse_array(key);
            case ValueType::U64: {
                const auto value = read<uint64_t>("metadata");
                if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
                    return static_cast<double>(value);
                }
                return static_cast<int64_t>(value);
            }
            case ValueType::I64:
                return read<int64_t>("metadata");
            case ValueType::F64:
                return read<double>("metadata");
        }
        refuse("has a value of the unknown type ", type, " under the metadata key '", printable(key), "'.");
    }

    MetadataValue parse_array(const std::string& key) {
        const auto type = read<uint32_t>("metadata");
        const auto count = read<uint64_t>("metadata");
        switch (static_cast<ValueType>(type)) {
            case ValueType::U8:
                return read_array<uint8_t, int64_t>(key, count);
            case ValueType::I8:
                return read_array<int8_t, int64_t>(key, count);
            case ValueType::U16:
                return read_array<uint16_t, int64_t>(key, count);
            case ValueType::I16:
                return read_array<int16_t, int64_t>(key, count);
            case ValueType::U32:
                return read_array<uint32_t, int64_t>(key, count);
            case ValueType::I32:
                return read_array<int32_t, int64_t>(key, count);
            case ValueType::U64:
                return read_array<uint64_t, int64_t>(key, count);
            case ValueType::I64:
                return read_array<int64_t, int64_t>(key, count);
            case ValueType::F32:
                return read_array<float, double>(key, count);
            case ValueType::F64:
                return read_array<double, double>(key, count);
            case ValueType::Bool:
                return read_array<uint8_t, bool>(key, count);
            case ValueType::String: {
                check_array(key, count, kSmallestString);
                std::vector<std::string> texts;
                texts.reserve(count);
                for (uint64_t i = 0; i < count; ++i) {
                    texts.emplace_back(read_string("metadata"));
                }
                return texts;
            }
            case ValueType::Array:
                fail(CHROMA_ERROR_UNSUPPORTED, "'", file_.path(), "' has an array of arrays under the metadata key '",
                     printable(key), "', which is not supported.");
        }
        refuse("has an array of the unknown type ", type, " under the metadata key '", printable(key), "'.");
    }

    void check_array(const std::string& key, uint64_t count, uint64_t smallest) const {
        if (count > remaining() / smallest || count > kMaxArrayElements) {
            refuse("is truncated or damaged: it claims ", count, " elements for the metadata array '", printable(key),
                   "', but ", remaining(), " bytes are left and ", kMaxArrayElements,
                   " elements are the most that is read.");
        }
    }

    template <typename Stored, typename Kept>
    std::vector<Kept> read_array(const std::string& key, uint64_t count) {
        check_array(key, count, sizeof(Stored));
        std::vector<Kept> values;
        values.reserve(count);
        for (uint64_t i = 0; i < count; ++i) {
            values.push_back(static_cast<Kept>(read<Stored>("metadata")));
        }
        return values;
    }

    void parse_tensors(uint64_t count, std::vector<StoredTensor>& tensors) {
        std::unordered_set<std::string> names;
        std::vector<uint64_t> offsets;
        for (uint64_t i = 0; i < count; ++i) {
            StoredTensor tensor;
            const std::string_view raw = read_string("tensor names");
            if (!is_name(raw)) {
                refuse("has a tensor name at byte ", position_ - raw.size(), " that is no text of 1 to ", kLongestName,
                       " bytes without control characters: '", printable(raw), "'.");
            }
            tensor.name = raw;
            tensor.file = file_.path();
            if (!names.insert(tensor.name).second) {
                refuse("has the tensor '", printable(tensor.name), "' twice.");
            }
            parse_shape(tensor);
            offsets.push_back(parse_offset(tensor));
            tensors.push_back(std::move(tensor));
        }
        place(tensors, offsets);
    }

    void parse_shape(StoredTensor& tensor) {
        const auto rank = read<uint32_t>("tensor list");
        if (rank > kMaxDimensions) {
            refuse("gives the tensor '", printable(tensor.name), "' ", rank, " axes; GGUF has at most ", kMaxDimensions,
                   ".");
        }
        for (uint32_t axis = 0; axis < rank; ++axis) {
            const auto length = read<uint64_t>("tensor list");
            if (length > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
                refuse("gives the tensor '", printable(tensor.name), "' an axis of ", length, " elements.");
            }
            tensor.shape.push_back(static_cast<int64_t>(length));
        }
        std::reverse(tensor.shape.begin(), tensor.shape.end());
    }

    uint64_t parse_offset(StoredTensor& tensor) {
        const auto type = read<uint32_t>("tensor list");
        if (!find_ggml_type(type, tensor.type)) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", file_.path(), "' stores the tensor '", printable(tensor.name),
                 "' in the unknown ggml type ", type, ".");
        }
        const auto offset = read<uint64_t>("tensor list");
        if (offset % alignment_ != 0) {
            refuse("places the tensor '", printable(tensor.name), "' at offset ", offset,
                   ", which is no multiple of the alignment ", alignment_, ".");
        }
        return offset;
    }

    void place(std::vector<StoredTensor>& tensors, const std::vector<uint64_t>& offsets) const {
        const uint64_t start = (position_ + alignment_ - 1) / alignment_ * alignment_;
        const std::span<const std::byte> data =
            start < bytes_.size() ? bytes_.subspan(start) : std::span<const std::byte>();
        for (size_t i = 0; i < tensors.size(); ++i) {
            place_tensor(tensors[i], data, offsets[i]);
        }
        check_overlaps(tensors);
    }

    const MappedFile& file_;
    std::span<const std::byte> bytes_;
    uint64_t position_ = 0;
    uint64_t alignment_ = kDefaultAlignment;
};

}  // namespace

bool is_gguf(std::span<const std::byte> bytes) {
    return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

FileContent read_gguf(const MappedFile& file) {
    return GgufParser(file).parse();
}

}  // namespace chroma
