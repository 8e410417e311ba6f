#include "weights/scales.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "common/error.h"
#include "weights/int8_storage.h"
#include "weights/json.h"
#include "weights/names/names.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

constexpr std::string_view kWeight = ".weight";
constexpr std::string_view kLayerFormat = ".comfy_quant";
constexpr std::string_view kScaledMarker = "scaled_fp8";

bool is_float8(const StoredTensor& tensor) {
    return tensor.type.type == CHROMA_TYPE_F8_E4M3 || tensor.type.type == CHROMA_TYPE_F8_E5M2;
}

// The float8 type that ComfyUI calls by this name.
std::optional<chroma_type> float8_type(const std::string& format) {
    if (format == "float8_e4m3fn") {
        return CHROMA_TYPE_F8_E4M3;
    }
    if (format == "float8_e5m2") {
        return CHROMA_TYPE_F8_E5M2;
    }
    return std::nullopt;
}

// Finds the scales of float8, and what the file says about the format of each layer.
class Float8Scales {
  public:
    Float8Scales(const Checkpoint& checkpoint, std::vector<WholeTensor>& wholes)
        : checkpoint_(checkpoint), wholes_(wholes) {
        for (const StoredTensor& tensor : checkpoint.tensors()) {
            note(tensor);
        }
        for (const std::string& json : checkpoint.layer_formats()) {
            note_layers(json);
        }
    }

    void find() {
        for (WholeTensor& whole : wholes_) {
            for (size_t i = 0; i < whole.parts.size(); ++i) {
                const StoredTensor* part = whole.parts[i];
                if (part != nullptr && part->name.ends_with(kWeight) && whole.problem.empty()) {
                    find(whole, i, *part, part->name.substr(0, part->name.size() - kWeight.size()));
                }
            }
        }
        // A scale that other layers have is missing.
        for (const auto& [whole, part] : unscaled_) {
            const auto other = scaled_.find(whole->component);
            if (other != scaled_.end() && whole->kind != WeightKind::Embedding) {
                refuse_lost(*whole, *part, text("'", printable(other->second->name), "' has one"));
            }
        }
    }

  private:
    // Names of the file's own that stand beside "X.weight" are found by X.
    void note(const StoredTensor& tensor) {
        const std::string& name = tensor.name;
        if (name.ends_with(kLayerFormat)) {
            const std::string_view json(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
            note_format(name.substr(0, name.size() - kLayerFormat.size()), json);
            return;
        }
        if (name == kScaledMarker || name.ends_with("." + std::string(kScaledMarker))) {
            markers_.push_back(&tensor);
            return;
        }
        const size_t dot = name.rfind('.');
        if (dot != std::string::npos && name.find("scale", dot) != std::string::npos && !is_scale_of_input(name)) {
            scale_like_.emplace(name.substr(0, dot), &tensor);
        }
    }

    static bool is_scale_of_input(std::string_view name) {
        return name.ends_with(".scale_input") || name.ends_with(".input_scale");
    }

    void note_format(std::string layer, std::string_view json) {
        std::string format;
        try {
            const JsonValue root = parse_json(json, checkpoint_.path());
            const JsonValue* value = root.find("format");
            format = value != nullptr && value->as_string() != nullptr ? *value->as_string() : "";
        } catch (const Error&) {
            format.clear();  // refused by the layer that it is about
        }
        formats_[std::move(layer)] = std::move(format);
    }

    // {"layers": {"X": {"format": ...}}}
    void note_layers(const std::string& json) {
        const JsonValue root = parse_json(json, checkpoint_.path());
        const JsonValue* layers = root.find("layers");
        if (layers == nullptr || layers->as_object() == nullptr) {
            fail(CHROMA_ERROR_FORMAT, "'", checkpoint_.path(), "' has a '", kLayerFormatsKey,
                 "' without the 'layers' that it should describe.");
        }
        for (const auto& [layer, description] : *layers->as_object()) {
            const JsonValue* value = description.find("format");
            const std::string format =
                value != nullptr && value->as_string() != nullptr ? *value->as_string() : std::string();
            formats_[layer] = format;
            // The file's names may have a prefix that these lack, or lack one that these have.
            if (const auto match = match_name(layer + std::string(kWeight), 0)) {
                canonical_formats_[text(match->canonical, "[", match->part, "]")] = format;
            }
        }
    }

    [[nodiscard]] const std::string* find_format(const WholeTensor& whole, size_t part,
                                                 const std::string& layer) const {
        if (const auto found = formats_.find(layer); found != formats_.end()) {
            return &found->second;
        }
        const auto found = canonical_formats_.find(text(whole.name, "[", part, "]"));
        return whole.known && found != canonical_formats_.end() ? &found->second : nullptr;
    }

    [[nodiscard]] const StoredTensor* find_scale(const std::string& layer) const {
        const StoredTensor* scale = checkpoint_.find(layer + ".scale_weight");
        return scale == nullptr ? checkpoint_.find(layer + ".weight_scale") : scale;
    }

    void find(WholeTensor& whole, size_t index, const StoredTensor& part, const std::string& layer) {
        const StoredTensor* scale = find_scale(layer);
        if (const std::string* format = find_format(whole, index, layer)) {
            check_format(whole, part, scale, *format);
        } else if (is_float8(part) && scale == nullptr && part.shape.size() > 1) {
            check_unscaled(whole, part, layer);
        } else if (scale != nullptr && !is_float8(part) && part.type.is_weight()) {
            whole.refuse(CHROMA_ERROR_UNSUPPORTED,
                         text("it is stored as ", part.type.text, " beside '", printable(scale->name),
                              "', a scale of float8 values, so that it is not clear what its values are"));
        }
        if (scale == nullptr || !is_float8(part) || !whole.problem.empty()) {
            return;
        }
        const int64_t count = element_count(scale->shape);
        const int64_t rows = part.shape.empty() ? 1 : part.shape.front();
        if (!scale->type.is_weight() || scale->type.block_elements != 1 || (count != 1 && count != rows)) {
            whole.refuse(CHROMA_ERROR_TENSOR_SHAPE,
                         text("its scale '", printable(scale->name), "' is ", scale->type.text, " of shape ",
                              shape_text(scale->shape), ", which is neither one factor nor one per row"));
        }
        whole.scales[index] = scale;
        scaled_.emplace(whole.component, &part);
    }

    // A layer that the file describes.
    static void check_format(WholeTensor& whole, const StoredTensor& part, const StoredTensor* scale,
                             const std::string& format) {
        const auto type = float8_type(format);
        if (format.empty()) {
            whole.refuse(CHROMA_ERROR_FORMAT, text("what '", printable(part.name),
                                                   "' is quantised to can't be read from its ComfyUI description"));
        } else if (!type) {
            whole.refuse(CHROMA_ERROR_UNSUPPORTED,
                         text("it is quantised to ComfyUI's format '", printable(format),
                              "', which is not supported; float8_e4m3fn, float8_e5m2 and GGUF's types are"));
        } else if (part.type.type == *type) {
            if (scale == nullptr) {
                refuse_lost(whole, part, text("the file describes it as ", format));
            }
        } else if (scale != nullptr || !part.type.is_weight() || is_float8(part)) {
            whole.refuse(CHROMA_ERROR_FORMAT, text("the file describes '", printable(part.name), "' as ", format,
                                                   ", but stores it as ", part.type.text));
        }
    }

    // Float8 without a scale is either plain float8 or has lost it.
    void check_unscaled(WholeTensor& whole, const StoredTensor& part, const std::string& layer) {
        if (const auto other = scale_like_.find(layer); other != scale_like_.end()) {
            whole.refuse(CHROMA_ERROR_UNSUPPORTED, text("its values are scaled in a way that is not supported ('",
                                                        printable(other->second->name), "')"));
            return;
        }
        for (const StoredTensor* marker : markers_) {
            const std::string_view prefix =
                std::string_view(marker->name).substr(0, marker->name.size() - kScaledMarker.size());
            if (part.name.starts_with(prefix)) {
                refuse_lost(whole, part, text("the marker '", printable(marker->name), "' says that there is one"));
                return;
            }
        }
        if (whole.known) {
            unscaled_.emplace_back(&whole, &part);
        }
    }

    static void refuse_lost(WholeTensor& whole, const StoredTensor& part, const std::string& because) {
        const std::string layer = part.name.substr(0, part.name.size() - kWeight.size());
        whole.refuse(CHROMA_ERROR_MISSING_TENSOR,
                     text("'", printable(part.name), "' is scaled float8, but its scale ('", printable(layer),
                          ".scale_weight' or '.weight_scale') is missing; ", because));
    }

    const Checkpoint& checkpoint_;
    std::vector<WholeTensor>& wholes_;
    std::vector<const StoredTensor*> markers_;
    std::unordered_map<std::string, std::string> formats_;            // by layer, as the file names it
    std::unordered_map<std::string, std::string> canonical_formats_;  // by canonical name and [part]
    std::unordered_map<std::string, const StoredTensor*> scale_like_;
    std::map<Component, const StoredTensor*> scaled_;  // one float8 tensor that has a scale
    std::vector<std::pair<WholeTensor*, const StoredTensor*>> unscaled_;
};

void find_int8_scales(const Checkpoint& checkpoint, std::vector<WholeTensor>& wholes,
                      std::vector<StoredTensor>& tensors) {
    const std::string rotation = rotation_problem(checkpoint);
    for (WholeTensor& whole : wholes) {
        if (!whole.known || whole.kind != WeightKind::Matrix || whole.parts.size() != 1 || whole.shape.size() != 2 ||
            whole.parts[0]->type.type != CHROMA_TYPE_I8) {
            continue;
        }
        StoredTensor& rows = tensors[static_cast<size_t>(whole.parts[0] - tensors.data())];
        rows.type.type = CHROMA_TYPE_INT8;
        const std::string name = int8_scale_name(rows.name);
        const StoredTensor* scale = checkpoint.find(name);
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

}  // namespace

void find_scales(const Checkpoint& checkpoint, std::vector<WholeTensor>& wholes, std::vector<StoredTensor>& tensors) {
    Float8Scales(checkpoint, wholes).find();
    if (holds_int8_rows(checkpoint)) {
        find_int8_scales(checkpoint, wholes, tensors);
    }
    for (const WholeTensor& whole : wholes) {
        for (const StoredTensor* scale : whole.scales) {
            if (scale != nullptr) {
                tensors[static_cast<size_t>(scale - tensors.data())].is_scale = true;
            }
        }
    }
}

}  // namespace chroma
