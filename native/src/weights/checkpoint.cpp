#include "weights/checkpoint.h"

#include <algorithm>
#include <map>

#include "common/error.h"
#include "weights/checkpoint_folder.h"
#include "weights/file_kind.h"
#include "weights/gguf_reader.h"
#include "weights/int8_storage.h"
#include "weights/json.h"
#include "weights/names.h"
#include "weights/safetensors_reader.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

constexpr size_t kMostShards = 10000;

FileContent read_content(const MappedFile& file) {
    return reading(file, [&] {
        if (is_gguf(file.bytes())) {
            return read_gguf(file);
        }
        if (is_safetensors(file.bytes())) {
            return read_safetensors(file);
        }
        refuse_file(file);
    });
}

// What the file stands for in the original checkpoint, with its parts to be put in order.
struct Assembly {
    WholeTensor whole;
    ShapeRule shape = ShapeRule::Same;
};

// Joins the shapes of a whole's parts, or notes what is wrong with them.
void join_parts(Assembly& assembly) {
    WholeTensor& whole = assembly.whole;
    for (size_t i = 0; i < whole.parts.size(); ++i) {
        if (whole.parts[i] == nullptr) {
            whole.refuse(CHROMA_ERROR_MISSING_TENSOR,
                         text("part ", i + 1, " of the ", whole.parts.size(), " stored tensors that make up '",
                              whole.name, "' is missing"));
            return;
        }
    }
    whole.shape = whole.parts[0]->shape;
    for (size_t i = 1; i < whole.parts.size(); ++i) {
        const Shape& shape = whole.parts[i]->shape;
        if (shape.empty() || shape.size() != whole.shape.size() ||
            !std::equal(shape.begin() + 1, shape.end(), whole.shape.begin() + 1)) {
            whole.refuse(CHROMA_ERROR_TENSOR_SHAPE,
                         text("the tensors '", whole.parts[0]->name, "' of shape ", shape_text(whole.parts[0]->shape),
                              " and '", whole.parts[i]->name, "' of shape ", shape_text(shape),
                              " do not fit together to '", whole.name, "'"));
            return;
        }
        whole.shape[0] += shape[0];
    }
    if (assembly.shape == ShapeRule::Pointwise && whole.shape.size() == 2) {
        whole.shape.insert(whole.shape.end(), {1, 1});
    }
}

}  // namespace

std::shared_ptr<const Checkpoint> Checkpoint::open(const std::string& path) {
    std::shared_ptr<Checkpoint> checkpoint(new Checkpoint(path));
    const std::string file = is_folder(path) ? find_weights(path) : path;
    if (is_index(file)) {
        checkpoint->add_index(file);
    } else {
        checkpoint->add_file(file);
    }
    if (file != path) {
        checkpoint->add_config(path);
    }
    checkpoint->finish();
    return checkpoint;
}

std::shared_ptr<const Checkpoint> Checkpoint::in_memory(MappedFile memory, std::vector<StoredTensor> tensors) {
    std::shared_ptr<Checkpoint> checkpoint(new Checkpoint(memory.path()));
    checkpoint->tensors_ = std::move(tensors);
    checkpoint->files_.push_back(std::move(memory));
    checkpoint->finish();
    return checkpoint;
}

void Checkpoint::add_file(const std::string& path) {
    MappedFile file(path);
    FileContent content = read_content(file);
    container_ = content.container;
    for (StoredTensor& tensor : content.tensors) {
        tensor.file_index = files_.size();
        tensors_.push_back(std::move(tensor));
    }
    for (MetadataEntry& entry : content.metadata) {
        metadata_.push_back(std::move(entry));
    }
    files_.push_back(std::move(file));
}

void Checkpoint::add_index(const std::string& path) {
    const std::vector<IndexEntry> index = read_index(path);
    std::map<std::string, std::vector<const IndexEntry*>> shards;
    for (const IndexEntry& entry : index) {
        shards[entry.shard].push_back(&entry);
    }
    if (shards.size() > kMostShards) {
        fail(CHROMA_ERROR_FORMAT, "'", path, "' lists ", shards.size(), " shards; at most ", kMostShards,
             " are supported.");
    }
    for (const auto& [shard, entries] : shards) {
        const std::string shard_path = sibling(path, shard);
        if (!exists(shard_path)) {
            fail(CHROMA_ERROR_IO, "The shard '", shard_path, "', which '", path, "' lists, is missing.");
        }
        MappedFile file(shard_path);
        FileContent content = read_content(file);
        std::unordered_map<std::string_view, StoredTensor*> by_name;
        for (StoredTensor& tensor : content.tensors) {
            by_name.emplace(tensor.name, &tensor);
        }
        for (const IndexEntry* entry : entries) {
            const auto found = by_name.find(entry->tensor);
            if (found == by_name.end()) {
                fail(CHROMA_ERROR_FORMAT, "The shard '", shard_path, "' lacks the tensor '", printable(entry->tensor),
                     "' that '", path, "' promises.");
            }
            StoredTensor tensor = *found->second;
            tensor.file_index = files_.size();
            tensors_.push_back(std::move(tensor));
        }
        container_ = content.container;
        if (metadata_.empty()) {
            metadata_ = std::move(content.metadata);
        }
        files_.push_back(std::move(file));
    }
}

void Checkpoint::add_config(const std::string& folder) {
    for (MetadataEntry& entry : read_config(folder)) {
        if (find_metadata(entry.key) == nullptr) {
            metadata_.push_back(std::move(entry));
        }
    }
}

// GGUF has at most four axes and some writers fold others; they leave the true shape in the metadata.
void Checkpoint::restore_shapes() {
    constexpr std::string_view kPrefix = "comfy.gguf.orig_shape.";
    std::unordered_map<std::string_view, const std::vector<int64_t>*> shapes;
    for (const MetadataEntry& entry : metadata_) {
        const auto* shape = std::get_if<std::vector<int64_t>>(&entry.value);
        if (shape != nullptr && entry.key.starts_with(kPrefix)) {
            shapes.emplace(std::string_view(entry.key).substr(kPrefix.size()), shape);
        }
    }
    if (shapes.empty()) {
        return;
    }
    for (StoredTensor& tensor : tensors_) {
        const auto found = shapes.find(tensor.name);
        if (found == shapes.end() || found->second->empty() || found->second->size() > CHROMA_MAX_RANK) {
            continue;
        }
        int64_t left = element_count(tensor.shape);
        for (const int64_t length : *found->second) {
            left = length > 0 && left % length == 0 ? left / length : 0;
        }
        // Quantised rows stay whole only if the last axis does.
        if (left == 1 && (tensor.type.block_elements == 1 || found->second->back() == tensor.shape.back())) {
            tensor.shape = *found->second;
        }
    }
}

void Checkpoint::finish() {
    restore_shapes();
    name_tensors();
    for (const StoredTensor& tensor : tensors_) {
        by_name_.emplace(tensor.name, &tensor);
    }
    for (const StoredTensor& tensor : tensors_) {
        by_name_.emplace(tensor.canonical, &tensor);
    }
    for (const WholeTensor& whole : wholes_) {
        by_canonical_.emplace(whole.name, &whole);
    }
    find_scales();
    identity_ = identify(tensors_);
}

void Checkpoint::name_tensors() {
    int reversed_blocks = 0;
    for (const StoredTensor& tensor : tensors_) {
        reversed_blocks = std::max(reversed_blocks, reversed_block_of(tensor.name));
    }
    std::vector<Assembly> assemblies;
    std::unordered_map<std::string, size_t> by_name;
    for (StoredTensor& tensor : tensors_) {
        const std::optional<NameMatch> match = match_name(tensor.name, reversed_blocks);
        const std::string& whole_name = match ? match->canonical : tensor.name;
        const size_t parts = match ? static_cast<size_t>(match->parts) : 1;
        const size_t part = match ? static_cast<size_t>(match->part) : 0;
        const auto [entry, added] = by_name.emplace(whole_name, assemblies.size());
        if (added) {
            Assembly assembly;
            assembly.whole.name = whole_name;
            assembly.whole.known = match.has_value();
            assembly.whole.kind = match ? match->kind : WeightKind::Vector;
            assembly.whole.parts.resize(parts);
            assembly.shape = match ? match->shape : ShapeRule::Same;
            assemblies.push_back(std::move(assembly));
        }
        WholeTensor& whole = assemblies[entry->second].whole;
        const bool taken = whole.parts.size() != parts || whole.parts[part] != nullptr;
        if (taken) {
            // T5 files often store the tied embedding under both of its names. Anything else is no checkpoint.
            if (whole_name != "shared.weight") {
                fail(CHROMA_ERROR_FORMAT, "'", path_, "' has the tensor '", printable(whole_name), "' twice, once as '",
                     printable(tensor.name), "'.");
            }
            tensor.canonical = tensor.name;
            continue;
        }
        whole.parts[part] = &tensor;
        tensor.canonical = parts == 1 ? whole_name : text(whole_name, "[", part, "]");
    }
    for (Assembly& assembly : assemblies) {
        join_parts(assembly);
        assembly.whole.scales.resize(assembly.whole.parts.size());
        wholes_.push_back(std::move(assembly.whole));
    }
}

void Checkpoint::find_scales() {
    find_float8_scales();
    if (holds_int8_rows(*this)) {
        find_int8_scales();
    }
    for (const WholeTensor& whole : wholes_) {
        for (const StoredTensor* scale : whole.scales) {
            if (scale != nullptr) {
                tensors_[static_cast<size_t>(scale - tensors_.data())].is_scale = true;
            }
        }
    }
}

// Scaled float8 (ComfyUI's): beside "X.weight" lies "X.scale_weight" or "X.weight_scale", one factor for all or one per
// row.
void Checkpoint::find_float8_scales() {
    constexpr std::string_view kWeight = ".weight";
    for (WholeTensor& whole : wholes_) {
        for (size_t i = 0; i < whole.parts.size(); ++i) {
            const StoredTensor* part = whole.parts[i];
            if (part == nullptr || (part->type.type != CHROMA_TYPE_F8_E4M3 && part->type.type != CHROMA_TYPE_F8_E5M2) ||
                !part->name.ends_with(kWeight)) {
                continue;
            }
            const std::string base = part->name.substr(0, part->name.size() - kWeight.size());
            const StoredTensor* scale = find(base + ".scale_weight");
            scale = scale == nullptr ? find(base + ".weight_scale") : scale;
            if (scale == nullptr) {
                continue;
            }
            const int64_t count = element_count(scale->shape);
            const int64_t rows = part->shape.empty() ? 1 : part->shape.front();
            if (!scale->type.is_weight() || scale->type.block_elements != 1 || (count != 1 && count != rows)) {
                whole.refuse(CHROMA_ERROR_TENSOR_SHAPE,
                             text("its scale '", scale->name, "' has the shape ", shape_text(scale->shape),
                                  ", which is neither one factor nor one per row"));
            }
            whole.scales[i] = scale;
        }
    }
}

void Checkpoint::find_int8_scales() {
    const std::string rotation = rotation_problem(*this);
    for (WholeTensor& whole : wholes_) {
        if (!whole.known || whole.kind != WeightKind::Matrix || whole.parts.size() != 1 || whole.shape.size() != 2 ||
            whole.parts[0]->type.type != CHROMA_TYPE_I8) {
            continue;
        }
        StoredTensor& rows = tensors_[static_cast<size_t>(whole.parts[0] - tensors_.data())];
        rows.type.type = CHROMA_TYPE_INT8;
        const std::string name = int8_scale_name(rows.name);
        const StoredTensor* scale = find(name);
        whole.scales[0] = scale;
        if (!rotation.empty()) {
            whole.refuse(CHROMA_ERROR_UNSUPPORTED, rotation);
        } else if (scale == nullptr) {
            whole.refuse(CHROMA_ERROR_MISSING_TENSOR, text("the scales of its int8 rows, '", name, "', are missing"));
        } else if (scale->type.type != CHROMA_TYPE_F32 || scale->shape != Shape{whole.shape[0]}) {
            whole.refuse(CHROMA_ERROR_TENSOR_SHAPE,
                         text("the scales of its int8 rows, '", name, "', are ", scale->type.text, " of shape ",
                              shape_text(scale->shape), ", not F32 of shape ", shape_text({whole.shape[0]})));
        }
    }
}

void Checkpoint::check() const {
    for (const MappedFile& file : files_) {
        file.check();
    }
}

int64_t Checkpoint::parameter_count() const {
    int64_t count = 0;
    for (const StoredTensor& tensor : tensors_) {
        count += tensor.is_scale ? 0 : element_count(tensor.shape);
    }
    return count;
}

const StoredTensor* Checkpoint::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

const WholeTensor* Checkpoint::find_whole(std::string_view canonical) const {
    const auto found = by_canonical_.find(canonical);
    return found == by_canonical_.end() ? nullptr : found->second;
}

const MetadataValue* Checkpoint::find_metadata(std::string_view key) const {
    const auto found =
        std::find_if(metadata_.begin(), metadata_.end(), [&](const MetadataEntry& entry) { return entry.key == key; });
    return found == metadata_.end() ? nullptr : &found->value;
}

}  // namespace chroma
