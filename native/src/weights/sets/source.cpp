#include "weights/sets/source.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "common/error.h"
#include "weights/file_kind.h"
#include "weights/gguf_reader.h"
#include "weights/safetensors_reader.h"
#include "weights/sets/checkpoint_folder.h"
#include "weights/sets/part_names.h"
#include "weights/sets/split_gguf.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

constexpr size_t kMaxShards = 10000;

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

// Keeps of a shard the tensors that the index lists.
void keep_listed(SourceFile& shard, const std::vector<const IndexEntry*>& entries, const std::string& index) {
    std::unordered_map<std::string_view, const StoredTensor*> by_name;
    for (const StoredTensor& tensor : shard.content.tensors) {
        by_name.emplace(tensor.name, &tensor);
    }
    std::vector<StoredTensor> listed;
    listed.reserve(entries.size());
    for (const IndexEntry* entry : entries) {
        const auto found = by_name.find(entry->tensor);
        if (found == by_name.end()) {
            fail(CHROMA_ERROR_FORMAT, "The shard '", shard.path(), "' lacks the tensor '", printable(entry->tensor),
                 "' that '", index, "' promises.");
        }
        listed.push_back(*found->second);
    }
    shard.content.tensors = std::move(listed);
}

std::vector<SourceFile> open_index(const std::string& path) {
    const std::vector<IndexEntry> index = read_index(path);
    std::map<std::string, std::vector<const IndexEntry*>> shards;
    for (const IndexEntry& entry : index) {
        shards[entry.shard].push_back(&entry);
    }
    if (shards.size() > kMaxShards) {
        fail(CHROMA_ERROR_FORMAT, "'", path, "' lists ", shards.size(), " shards; at most ", kMaxShards,
             " are supported.");
    }
    std::vector<SourceFile> files;
    files.reserve(shards.size());
    for (const auto& [shard, entries] : shards) {
        const std::string shard_path = sibling(path, shard);
        if (!exists(shard_path)) {
            fail(CHROMA_ERROR_IO, "The shard '", shard_path, "', which '", path, "' lists, is missing.");
        }
        keep_listed(files.emplace_back(shard_path), entries, path);
    }
    return files;
}

// Files whose names alone say that they belong together.
std::vector<SourceFile> open_numbered(SourceFile named, const PartName& name) {
    if (name.count > static_cast<int64_t>(kMaxShards)) {
        fail(CHROMA_ERROR_FORMAT, "'", named.path(), "' says that it is one of ", name.count, " parts; at most ",
             kMaxShards, " are supported.");
    }
    const std::string folder = from_path(to_path(named.path()).parent_path());
    std::map<int64_t, std::string> found;
    for (const std::string& candidate : list_folder(folder).files) {
        const auto other = parse_part_name(candidate);
        if (other && other->belongs_with(name)) {
            found.emplace(other->number, candidate);
        }
    }
    found[name.number] = file_name(named.path());
    const int64_t first = found.begin()->first == 0 ? 0 : 1;
    std::vector<std::string> missing;
    for (int64_t number = first; number < first + name.count; ++number) {
        if (!found.contains(number)) {
            missing.push_back("'" + name.name_of(number) + "'");
        }
    }
    if (!missing.empty()) {
        fail(CHROMA_ERROR_IO, "'", named.path(), "' is one of ", name.count, " parts of a model, but ", joined(missing),
             missing.size() == 1 ? " is" : " are", " missing beside it.");
    }
    std::map<int64_t, SourceFile> parts;
    parts.emplace(name.number, std::move(named));
    for (const auto& [number, part] : found) {
        const auto [entry, added] = parts.try_emplace(number, in_folder(folder, part));
        if (added) {
            if (const auto split = split_of(entry->second)) {
                return open_split(std::move(entry->second), *split);  // which says more than its name
            }
        }
    }
    std::vector<SourceFile> files;
    files.reserve(parts.size());
    for (auto& [number, part] : parts) {
        files.push_back(std::move(part));
    }
    check_distinct(files);
    return files;
}

}  // namespace

SourceFile::SourceFile(const std::string& path) : file(path), content(read_content(file)) {}

std::vector<SourceFile> open_source(const std::string& path) {
    if (is_index(path)) {
        return open_index(path);
    }
    SourceFile named(path);
    if (const auto split = split_of(named)) {
        return open_split(std::move(named), *split);
    }
    if (named.content.container == CHROMA_CONTAINER_SAFETENSORS) {
        if (const auto index = find_index_of(path)) {
            return open_index(*index);
        }
    }
    if (const auto name = parse_part_name(file_name(path)); name && name->count > 1) {
        return open_numbered(std::move(named), *name);
    }
    std::vector<SourceFile> files;
    files.push_back(std::move(named));
    return files;
}

void check_distinct(const std::vector<SourceFile>& files) {
    std::unordered_map<std::string_view, const SourceFile*> owners;
    for (const SourceFile& file : files) {
        for (const StoredTensor& tensor : file.content.tensors) {
            const auto [entry, added] = owners.emplace(tensor.name, &file);
            if (!added) {
                fail(CHROMA_ERROR_FORMAT, "The tensor '", printable(tensor.name), "' is in both '",
                     entry->second->path(), "' and '", file.path(), "', which should be parts of one model.");
            }
        }
    }
}

}  // namespace chroma
