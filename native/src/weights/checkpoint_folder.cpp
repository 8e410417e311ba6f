#include "weights/checkpoint_folder.h"

#include <algorithm>
#include <system_error>

#include "common/error.h"
#include "weights/json.h"
#include "weights/mapped_file.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestText = 100'000'000;

JsonValue read_json_file(const std::string& path) {
    const MappedFile file(path);
    const std::span<const std::byte> bytes = file.bytes();
    if (bytes.size() > kLargestText) {
        fail(CHROMA_ERROR_FORMAT, "'", path, "' has ", bytes.size(), " bytes, too many for a JSON file of a model.");
    }
    return reading(file, [&] { return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path); });
}

struct Listing {
    std::vector<std::string> files;
    std::vector<std::string> folders;
};

Listing list(const std::string& folder) {
    Listing listing;
    std::error_code error;
    for (fs::directory_iterator entry(to_path(folder), error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        auto& names = entry->is_directory(ignored) ? listing.folders : listing.files;
        names.push_back(from_path(entry->path().filename()));
    }
    if (error) {
        fail(CHROMA_ERROR_IO, "Can't list the folder '", folder, "': ", error.message(), ".");
    }
    std::sort(listing.files.begin(), listing.files.end());
    std::sort(listing.folders.begin(), listing.folders.end());
    return listing;
}

std::string joined(const std::vector<std::string>& names) {
    constexpr size_t kMost = 12;
    std::string out;
    for (size_t i = 0; i < std::min(names.size(), kMost); ++i) {
        out += (i == 0 ? "" : ", ") + printable(names[i]);
    }
    return names.size() > kMost ? out + ", ..." : out;
}

std::vector<std::string> with_ending(const std::vector<std::string>& names, std::string_view ending) {
    std::vector<std::string> out;
    std::copy_if(names.begin(), names.end(), std::back_inserter(out),
                 [&](const std::string& name) { return name.ends_with(ending); });
    return out;
}

// The one that diffusers and transformers give a model that is stored once, if it is there.
const std::string* preferred(const std::vector<std::string>& names, std::string_view ending) {
    for (const std::string_view stem : {"diffusion_pytorch_model.safetensors", "model.safetensors"}) {
        const auto found = std::find(names.begin(), names.end(), std::string(stem) + std::string(ending));
        if (found != names.end()) {
            return &*found;
        }
    }
    return nullptr;
}

[[noreturn]] void refuse_folder(const std::string& folder, const Listing& listing) {
    for (const char* component : {"transformer", "text_encoder", "vae"}) {
        if (std::find(listing.folders.begin(), listing.folders.end(), component) != listing.folders.end()) {
            fail(CHROMA_ERROR_IO, "The folder '", folder,
                 "' holds no weights itself: it is a whole pipeline with the folders ", joined(listing.folders),
                 ", of which one component is meant (such as '", component, "').");
        }
    }
    std::vector<std::string> all = listing.folders;
    all.insert(all.end(), listing.files.begin(), listing.files.end());
    fail(CHROMA_ERROR_IO, "The folder '", folder, "' holds no weights (*.safetensors, *.index.json or *.gguf)",
         all.empty() ? std::string("; it is empty.") : "; it holds " + joined(all) + ".");
}

template <typename T>
std::optional<MetadataValue> all_of(const std::vector<std::optional<T>>& values) {
    std::vector<T> out;
    for (const std::optional<T>& value : values) {
        if (!value) {
            return std::nullopt;
        }
        out.push_back(*value);
    }
    return out;
}

std::optional<MetadataValue> to_metadata(const JsonValue& value) {
    if (const std::string* string = value.as_string()) {
        return *string;
    }
    if (const bool* boolean = value.as_boolean()) {
        return *boolean;
    }
    if (const auto integer = value.as_integer()) {
        return *integer;
    }
    if (const auto number = value.as_number()) {
        return *number;
    }
    const JsonValue::Array* array = value.as_array();
    if (array == nullptr || array->empty()) {
        return std::nullopt;
    }
    std::vector<std::optional<int64_t>> integers;
    std::vector<std::optional<double>> numbers;
    std::vector<std::optional<std::string>> strings;
    for (const JsonValue& element : *array) {
        integers.push_back(element.as_integer());
        numbers.push_back(element.as_number());
        strings.push_back(element.as_string() == nullptr ? std::nullopt : std::optional(*element.as_string()));
    }
    if (auto out = all_of(integers)) {
        return out;
    }
    if (auto out = all_of(numbers)) {
        return out;
    }
    return all_of(strings);
}

}  // namespace

bool is_folder(const std::string& path) {
    std::error_code ignored;
    return fs::is_directory(to_path(path), ignored);
}

bool exists(const std::string& path) {
    std::error_code ignored;
    return fs::exists(to_path(path), ignored);
}

bool is_index(const std::string& path) {
    return path.ends_with(".index.json");
}

std::string sibling(const std::string& path, const std::string& name) {
    return from_path(to_path(path).parent_path() / to_path(name));
}

std::string find_weights(const std::string& folder) {
    const Listing listing = list(folder);
    const auto inside = [&](const std::string& name) { return from_path(to_path(folder) / to_path(name)); };
    for (const std::string_view ending : {".index.json", ""}) {
        if (const std::string* name = preferred(listing.files, ending)) {
            return inside(*name);
        }
    }
    for (const std::string_view ending : {".safetensors.index.json", ".safetensors", ".gguf"}) {
        const std::vector<std::string> found = with_ending(listing.files, ending);
        if (found.size() == 1) {
            return inside(found[0]);
        }
        if (found.size() > 1) {
            fail(CHROMA_ERROR_IO, "The folder '", folder, "' holds ", found.size(),
                 " weight files, of which one is meant: ", joined(found), ".");
        }
    }
    refuse_folder(folder, listing);
}

std::vector<IndexEntry> read_index(const std::string& path) {
    const JsonValue root = read_json_file(path);
    const JsonValue* map = root.find("weight_map");
    if (map == nullptr || map->as_object() == nullptr || map->as_object()->empty()) {
        fail(CHROMA_ERROR_FORMAT, "'", path,
             "' is no index of shards: it has no 'weight_map' of tensor names to files.");
    }
    std::vector<IndexEntry> entries;
    for (const auto& [tensor, shard] : *map->as_object()) {
        const std::string* name = shard.as_string();
        if (name == nullptr || name->empty() ||
            name->find_first_of(std::string_view("/\\:\0", 4)) != std::string::npos || *name == "." || *name == "..") {
            fail(CHROMA_ERROR_FORMAT, "'", path, "' does not name a file beside it for the tensor '", printable(tensor),
                 "'.");
        }
        entries.push_back({tensor, *name});
    }
    return entries;
}

std::vector<MetadataEntry> read_config(const std::string& folder) {
    const std::string path = from_path(to_path(folder) / "config.json");
    std::vector<MetadataEntry> entries;
    if (!exists(path)) {
        return entries;
    }
    const JsonValue root = read_json_file(path);
    if (root.as_object() == nullptr) {
        fail(CHROMA_ERROR_FORMAT, "'", path, "' holds no JSON object.");
    }
    for (const auto& [key, value] : *root.as_object()) {
        if (auto converted = to_metadata(value)) {
            entries.push_back({key, std::move(*converted), {}});
        }
    }
    return entries;
}

}  // namespace chroma
