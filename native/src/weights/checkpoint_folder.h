// Folders of a diffusers model, and indices of checkpoints that are split into shards.
#pragma once

#include <string>
#include <vector>

#include "weights/checkpoint.h"

namespace chroma {

[[nodiscard]] bool is_folder(const std::string& path);
[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] bool is_index(const std::string& path);  // by its name, *.index.json
[[nodiscard]] std::string sibling(const std::string& path, const std::string& name);

// The weights of a folder: its index, or its only weight file. Throws IO saying what the folder holds instead.
[[nodiscard]] std::string find_weights(const std::string& folder);

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
