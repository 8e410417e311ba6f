// Folders of a diffusers model, and indices of checkpoints that are split into shards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weights/checkpoint.h"

namespace chroma {

[[nodiscard]] bool is_folder(const std::string& path);
[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] bool is_index(const std::string& path);  // by its name, *.index.json
[[nodiscard]] std::string sibling(const std::string& path, const std::string& name);
[[nodiscard]] std::string file_name(const std::string& path);
[[nodiscard]] std::string in_folder(const std::string& folder, const std::string& name);

// Names within a folder, sorted; what is hidden, special or a link to nowhere is left out.
struct Listing {
    std::vector<std::string> files;
    std::vector<std::string> folders;
};

// Throws IO if the folder can't be read.
[[nodiscard]] Listing list_folder(const std::string& folder);

// The names of a listing's files that may be weights: indices first, then files by their ending or their first bytes.
[[nodiscard]] std::vector<std::string> weight_candidates(const std::string& folder, const Listing& listing);

// Throws IO saying what a folder without weights holds instead.
[[noreturn]] void refuse_folder(const std::string& folder, const Listing& listing);

// "a, b, c, ..."
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

// The index beside a file that lists it as one of its shards, if there is one.
[[nodiscard]] std::optional<std::string> find_index_of(const std::string& path);

struct IndexEntry {
    std::string tensor;
    std::string shard;  // a file name beside the index
};

// Throws FORMAT on a damaged index, or one that points outside its folder.
[[nodiscard]] std::vector<IndexEntry> read_index(const std::string& path);

// The values of a folder's config.json (numbers, strings, arrays of them) under their own names; nothing if there is
// none.
[[nodiscard]] std::vector<MetadataEntry> read_config(const std::string& folder);

}  // namespace chroma
