#include "weights/checkpoint.h"

#include <algorithm>

#include "common/error.h"
#include "weights/scales.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

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
    find_scales(*this, wholes_, tensors_);
    identity_ = identify(tensors_, wholes_);
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
            assembly.whole.component = match ? match->component : Component::Chroma;
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
            tensor.component = CHROMA_ARCHITECTURE_T5_ENCODER;
            tensor.canonical = tensor.name;
            continue;
        }
        whole.parts[part] = &tensor;
        tensor.component = match ? architecture_of(match->component) : CHROMA_ARCHITECTURE_UNKNOWN;
        tensor.canonical = parts == 1 ? whole_name : text(whole_name, "[", part, "]");
    }
    for (Assembly& assembly : assemblies) {
        join_parts(assembly);
        assembly.whole.scales.resize(assembly.whole.parts.size());
        wholes_.push_back(std::move(assembly.whole));
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
