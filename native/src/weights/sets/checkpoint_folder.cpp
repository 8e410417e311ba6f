#include "weights/sets/checkpoint_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <system_error>

#include "common/error.h"
#include "weights/gguf_reader.h"
#include "weights/json.h"
#include "weights/mapped_file.h"
#include "weights/safetensors_reader.h"
#include "weights/sets/part_names.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

namespace fs = std::filesystem;

// Whether the file's first bytes are those of weights, whatever its name is; false if it can't be read.
bool looks_like_weights(const std::string& path) {
    std::ifstream stream(to_path(path), std::ios::binary);
    std::array<char, 9> start{};
    stream.read(start.data(), start.size());
    const auto bytes = std::as_bytes(std::span(start).first(static_cast<size_t>(stream.gcount())));
    return is_gguf(bytes) || is_safetensors(bytes);
}

constexpr size_t kLargestText = 100'000'000;

JsonValue read_json_file(const std::string& path) {
    const MappedFile file(path);
    const std::span<const std::byte> bytes = file.bytes();
    if (bytes.size() > kLargestText) {
        fail(CHROMA_ERROR_FORMAT, "'", path, "' has ", bytes.size(), " bytes, too many for a JSON file of a model.");
    }
    return reading(file, [&] { return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path); });
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
    constexpr std::string_view kEnding = ".index.json";
    return path.size() >= kEnding.size() &&
           std::equal(kEnding.begin(), kEnding.end(), path.end() - static_cast<std::ptrdiff_t>(kEnding.size()),
                      [](char expected, char c) { return expected == std::tolower(static_cast<unsigned char>(c)); });
}

std::string sibling(const std::string& path, const std::string& name) {
    return from_path(to_path(path).parent_path() / to_path(name));
}

std::string file_name(const std::string& path) {
    return from_path(to_path(path).filename());
}

std::string in_folder(const std::string& folder, const std::string& name) {
    return from_path(to_path(folder) / to_path(name));
}

Listing list_folder(const std::string& folder) {
    Listing listing;
    std::error_code error;
    const fs::path path = folder.empty() ? fs::path(".") : to_path(folder);
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
        std::string name = from_path(entry->path().filename());
        std::error_code ignored;
        if (name.starts_with('.')) {
            continue;
        }
        if (entry->is_directory(ignored)) {
            listing.folders.push_back(std::move(name));
        } else if (entry->is_regular_file(ignored)) {
            listing.files.push_back(std::move(name));
        }
    }
    if (error) {
        fail(CHROMA_ERROR_IO, "Can't list the folder '", folder, "': ", error.message(), ".");
    }
    std::sort(listing.files.begin(), listing.files.end());
    std::sort(listing.folders.begin(), listing.folders.end());
    return listing;
}

std::vector<std::string> weight_candidates(const std::string& folder, const Listing& listing) {
    std::vector<std::string> names;
    std::copy_if(listing.files.begin(), listing.files.end(), std::back_inserter(names), is_index);
    std::copy_if(listing.files.begin(), listing.files.end(), std::back_inserter(names), [&](const std::string& name) {
        return is_weights_name(name) || looks_like_weights(in_folder(folder, name));
    });
    return names;
}

std::string joined(const std::vector<std::string>& names) {
    constexpr size_t kMost = 12;
    std::string out;
    for (size_t i = 0; i < std::min(names.size(), kMost); ++i) {
        out += (i == 0 ? "" : ", ") + printable(names[i]);
    }
    return names.size() > kMost ? out + ", ..." : out;
}

void refuse_folder(const std::string& folder, const Listing& listing) {
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

std::optional<std::string> find_index_of(const std::string& path) {
    const std::string folder = from_path(to_path(path).parent_path());
    const std::string name = file_name(path);
    std::error_code unlisted;
    if (!fs::is_directory(folder.empty() ? fs::path(".") : to_path(folder), unlisted)) {
        return std::nullopt;
    }
    for (const std::string& candidate : list_folder(folder).files) {
        if (!is_index(candidate)) {
            continue;
        }
        try {
            const std::string index = in_folder(folder, candidate);
            const std::vector<IndexEntry> entries = read_index(index);
            if (std::any_of(entries.begin(), entries.end(),
                            [&](const IndexEntry& entry) { return entry.shard == name; })) {
                return index;
            }
        } catch (const Error&) {
            continue;  // somebody else's file
        }
    }
    return std::nullopt;
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
    std::error_code ignored;
    if (!fs::is_regular_file(to_path(path), ignored)) {
        return entries;
    }
    const JsonValue root = read_json_file(path);
    if (root.as_object() == nullptr) {
        fail(CHROMA_ERROR_FORMAT, "'", path, "' holds no JSON object.");
    }
    for (const auto& [key, value] : *root.as_object()) {
        if (auto converted = to_metadata(value); converted && is_name(key)) {
            entries.push_back({key, std::move(*converted), {}});
        }
    }
    return entries;
}

}  // namespace chroma
