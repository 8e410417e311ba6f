// A checkpoint as it lies on disk: one file, a set of shards or a folder, opened, checked and memory-mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chroma.h"
#include "common/shape.h"
#include "ggml.h"

namespace chroma {

// How a file stores elements: ggml's types plus those that only safetensors has.
struct StoredType {
    chroma_type type;      // this library's name for it
    ggml_type ggml;        // GGML_TYPE_COUNT where ggml has no such type (F8, I64, ...)
    std::string text;      // the file's own word: "F8_E4M3", "Q4_K"
};

struct StoredTensor {
    std::string name;       // as the file has it
    std::string canonical;  // as the original checkpoint names it
    StoredType type;
    Shape shape;  // PyTorch order
    std::span<const std::byte> data;
    std::string file;  // for messages
};

using MetadataValue = std::variant<std::string, int64_t, double, bool, std::vector<std::string>, std::vector<int64_t>,
                                   std::vector<double>, std::vector<bool>>;

struct MetadataEntry {
    std::string key;
    MetadataValue value;
};

class Checkpoint {
  public:
    // Opens and checks every header. Throws IO, FORMAT or UNSUPPORTED with the file's name.
    static std::shared_ptr<const Checkpoint> open(const std::string& path);

    virtual ~Checkpoint() = default;

    [[nodiscard]] virtual const std::string& path() const = 0;
    [[nodiscard]] virtual chroma_container container() const = 0;
    [[nodiscard]] virtual chroma_architecture architecture() const = 0;
    [[nodiscard]] virtual int file_count() const = 0;
    [[nodiscard]] virtual const std::vector<StoredTensor>& tensors() const = 0;
    [[nodiscard]] virtual const std::vector<MetadataEntry>& metadata() const = 0;

    // By the file's name or the canonical one; null if there is none.
    [[nodiscard]] virtual const StoredTensor* find(std::string_view name) const = 0;

    [[nodiscard]] const MetadataValue* find_metadata(std::string_view key) const;
};

}  // namespace chroma
