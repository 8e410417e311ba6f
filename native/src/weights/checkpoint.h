// A checkpoint as it lies on disk: one file, a set of shards or a folder, opened, checked and memory-mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "chroma.h"
#include "common/shape.h"
#include "weights/architecture.h"
#include "weights/mapped_file.h"
#include "weights/names/names.h"
#include "weights/stored_type.h"
#include "weights/weight_kind.h"

namespace chroma {

struct StoredTensor {
    std::string name;       // as the file has it
    std::string canonical;  // as the original checkpoint names it; of a part, the whole's name and "[part]"
                            // ("...qkv.weight[0]")
    StoredType type;
    Shape shape;  // PyTorch order
    std::span<const std::byte> data;
    chroma_architecture component = CHROMA_ARCHITECTURE_UNKNOWN;  // that it belongs to by its name
    bool is_scale = false;  // of another tensor's values: no parameter of the model
    std::string file;       // for messages
    size_t file_index = 0;  // in Checkpoint::files()
};

// A tensor of the original checkpoint: one stored tensor, or several (to_q, to_k, to_v) that together are its rows.
struct WholeTensor {
    std::string name;  // canonical
    Shape shape;
    WeightKind kind = WeightKind::Vector;
    bool known = false;  // the name is one of a component's; kind and component mean something only then
    Component component = Component::Chroma;
    std::vector<const StoredTensor*> parts;  // in the order of their rows
    std::vector<const StoredTensor*>
        scales;           // of scaled float8 and int8 rows: what each part's values are multiplied with; null: nothing
    std::string problem;  // why it can't be used (a part is missing); empty: it can
    chroma_status problem_kind = CHROMA_OK;

    void refuse(chroma_status kind, std::string why) {
        problem_kind = kind;
        problem = std::move(why);
    }
};

using MetadataValue = std::variant<std::string, int64_t, double, bool, std::vector<std::string>, std::vector<int64_t>,
                                   std::vector<double>, std::vector<bool>>;

struct MetadataEntry {
    std::string key;
    MetadataValue value;
    std::span<const std::byte>
        gguf;  // type and value as a GGUF file has them, to be copied exactly; empty if it comes from elsewhere
};

// What one file of a checkpoint holds.
struct FileContent {
    chroma_container container = CHROMA_CONTAINER_SAFETENSORS;
    std::vector<StoredTensor> tensors;
    std::vector<MetadataEntry> metadata;
};

// The metadata under which ComfyUI describes the quantised layers of a file, as JSON.
inline constexpr std::string_view kLayerFormatsKey = "_quantization_metadata";

struct SourceFile;

// Immutable once opened, so it may be read from several threads.
class Checkpoint {
  public:
    // path: a GGUF or safetensors file (told apart by content), with the other parts where it is one of several, a
    // *.index.json, or a folder with one model; of several, the one that has what is wanted. Opens and checks every
    // header. Throws IO, FORMAT, WRONG_MODEL or UNSUPPORTED with the file's name.
    static std::shared_ptr<const Checkpoint> open(const std::string& path,
                                                  chroma_architecture wanted = CHROMA_ARCHITECTURE_UNKNOWN);

    // One that is made, not opened: its tensors lie in `memory`.
    static std::shared_ptr<const Checkpoint> in_memory(MappedFile memory, std::vector<StoredTensor> tensors);

    Checkpoint(const Checkpoint&) = delete;
    Checkpoint& operator=(const Checkpoint&) = delete;
    Checkpoint(Checkpoint&&) = delete;
    Checkpoint& operator=(Checkpoint&&) = delete;
    ~Checkpoint() = default;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] chroma_container container() const { return container_; }
    [[nodiscard]] chroma_architecture architecture() const { return identity_.architecture; }
    [[nodiscard]] const Identity& identity() const { return identity_; }
    [[nodiscard]] int file_count() const { return static_cast<int>(files_.size()); }
    [[nodiscard]] const std::vector<MappedFile>& files() const { return files_; }
    [[nodiscard]] const std::vector<StoredTensor>& tensors() const { return tensors_; }
    [[nodiscard]] const std::vector<MetadataEntry>& metadata() const { return metadata_; }

    // ComfyUI's descriptions of the quantised layers of each file that has one (kLayerFormatsKey).
    [[nodiscard]] const std::vector<std::string>& layer_formats() const { return layer_formats_; }

    // Throws IO if one of the files is no longer what it was when it was opened: MappedFile::check().
    void check() const;

    // Elements of all tensors but scales.
    [[nodiscard]] int64_t parameter_count() const;

    // In the order in which the files have them.
    [[nodiscard]] const std::vector<WholeTensor>& wholes() const { return wholes_; }

    // By the file's name or the canonical one; null if there is none.
    [[nodiscard]] const StoredTensor* find(std::string_view name) const;
    [[nodiscard]] const WholeTensor* find_whole(std::string_view canonical) const;
    [[nodiscard]] const MetadataValue* find_metadata(std::string_view key) const;

  private:
    explicit Checkpoint(std::string path) : path_(std::move(path)) {}

    static std::shared_ptr<Checkpoint> open_folder(const std::string& folder, chroma_architecture wanted);

    void add(SourceFile file);
    void add_config(const std::string& folder);
    void restore_shapes();
    void finish();
    void name_tensors();

    std::string path_;
    chroma_container container_ = CHROMA_CONTAINER_SAFETENSORS;
    Identity identity_;
    std::vector<MappedFile> files_;
    std::vector<StoredTensor> tensors_;
    std::vector<WholeTensor> wholes_;
    std::vector<MetadataEntry> metadata_;
    std::vector<std::string> layer_formats_;
    std::unordered_map<std::string_view, const StoredTensor*> by_name_;
    std::unordered_map<std::string_view, const WholeTensor*> by_canonical_;
};

}  // namespace chroma
