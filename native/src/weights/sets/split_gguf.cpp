#include "weights/sets/split_gguf.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>

#include "common/error.h"
#include "weights/gguf_reader.h"
#include "weights/sets/checkpoint_folder.h"
#include "weights/sets/part_names.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

constexpr int64_t kMaxParts = 10000;
constexpr const char* kNumber = "split.no";
constexpr const char* kCount = "split.count";
constexpr const char* kTensors = "split.tensors.count";

const MetadataEntry* find_entry(const SourceFile& file, std::string_view key) {
    const std::vector<MetadataEntry>& all = file.content.metadata;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const MetadataEntry& entry) { return entry.key == key; });
    return found == all.end() ? nullptr : &*found;
}

std::optional<int64_t> find_number(const SourceFile& file, const char* key, int64_t least, int64_t most) {
    const MetadataEntry* entry = find_entry(file, key);
    if (entry == nullptr) {
        return std::nullopt;
    }
    const auto* number = std::get_if<int64_t>(&entry->value);
    if (number == nullptr || *number < least || *number > most) {
        fail(CHROMA_ERROR_FORMAT, "'", file.path(), "' has a '", key, "' that is no whole number from ", least, " to ",
             most, ".");
    }
    return *number;
}

bool is_gguf_file(const std::string& path) {
    std::ifstream stream(to_path(path), std::ios::binary);
    char start[4] = {};
    stream.read(start, sizeof(start));
    return stream.gcount() == sizeof(start) && is_gguf(std::as_bytes(std::span(start)));
}

// The parts of one model while they are gathered.
class PartCollector {
  public:
    PartCollector(SourceFile named, const Split& split)
        : path_(named.path()),
          folder_(from_path(to_path(path_).parent_path())),
          name_(parse_part_name(file_name(path_))),
          split_(split) {
        if (name_ && name_->count != split_.count) {
            name_.reset();  // a name that its content contradicts
        }
        parts_.emplace(split_.number, std::move(named));
    }

    std::vector<SourceFile> collect() {
        const std::vector<std::string> names = list_folder(folder_).files;
        take_numbered(names);
        if (!complete()) {
            take_by_content(names);
        }
        if (!complete()) {
            refuse_missing();
        }
        std::vector<SourceFile> files;
        files.reserve(parts_.size());
        for (auto& [number, part] : parts_) {
            files.push_back(std::move(part));
        }
        check(files);
        return files;
    }

  private:
    [[nodiscard]] bool complete() const { return static_cast<int64_t>(parts_.size()) == split_.count; }

    [[nodiscard]] bool is_named(const std::string& name) const { return name == file_name(path_); }

    [[nodiscard]] bool is_numbered(const std::string& name) const {
        const auto other = parse_part_name(name);
        return name_ && other && other->belongs_with(*name_);
    }

    // Whether a file's name makes it a part of a model that has the part named of its own.
    [[nodiscard]] bool belongs_elsewhere(const std::string& name, const std::vector<std::string>& names) const {
        const auto part = parse_part_name(name);
        return part && std::any_of(names.begin(), names.end(), [&](const std::string& candidate) {
                   const auto other = parse_part_name(candidate);
                   return !is_named(candidate) && other && other->belongs_with(*part) &&
                          other->number == split_.number + 1;
               });
    }

    // Files whose names go with the named one's must fit it.
    void take_numbered(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            if (is_named(name) || !is_numbered(name)) {
                continue;
            }
            SourceFile part(in_folder(folder_, name));
            const auto split = split_of(part);
            if (!split || split->count != split_.count || split->tensors != split_.tensors) {
                fail(CHROMA_ERROR_FORMAT, "'", part.path(), "' and '", path_,
                     "' are named as parts of one model, but disagree about it: ", describe(split), " against ",
                     describe(split_), ".");
            }
            const auto [taken, added] = parts_.try_emplace(split->number, std::move(part));
            if (!added) {
                fail(CHROMA_ERROR_FORMAT, "'", in_folder(folder_, name), "' and '", taken->second.path(),
                     "' both say that they are part ", split->number + 1, " of ", split_.count, ".");
            }
        }
    }

    // Renamed files tell what they are by themselves.
    void take_by_content(const std::vector<std::string>& names) {
        std::map<int64_t, std::vector<SourceFile>> found;
        for (const std::string& name : names) {
            const std::string path = in_folder(folder_, name);
            if (is_named(name) || is_numbered(name) || belongs_elsewhere(name, names) || !is_gguf_file(path)) {
                continue;
            }
            try {
                SourceFile part(path);
                const auto split = split_of(part);
                if (split && split->count == split_.count && split->tensors == split_.tensors &&
                    !parts_.contains(split->number)) {
                    found[split->number].push_back(std::move(part));
                }
            } catch (const Error&) {
                continue;  // somebody else's file
            }
        }
        for (auto& [number, candidates] : found) {
            if (candidates.size() > 1) {
                fail(CHROMA_ERROR_IO, "'", path_, "' is part ", split_.number + 1, " of ", split_.count,
                     " of a split GGUF model, and both '", candidates[0].path(), "' and '", candidates[1].path(),
                     "' may be its part ", number + 1, "; name the parts of a model alike (x-00001-of-0000N.gguf).");
            }
            parts_.emplace(number, std::move(candidates.front()));
        }
    }

    [[noreturn]] void refuse_missing() const {
        std::vector<std::string> missing;
        for (int64_t number = 0; number < split_.count; ++number) {
            if (!parts_.contains(number)) {
                const std::string part = text("part ", number + 1);
                missing.push_back(name_ ? text(part, " ('", name_->name_of(number + 1), "')") : part);
            }
        }
        fail(CHROMA_ERROR_IO, "'", path_, "' is part ", split_.number + 1, " of ", split_.count,
             " of a split GGUF model, but ", joined(missing), missing.size() == 1 ? " is" : " are",
             " missing beside it.");
    }

    static std::string describe(const std::optional<Split>& split) {
        if (!split) {
            return "no 'split.count'";
        }
        return text("part ", split->number + 1, " of ", split->count,
                    split->tensors ? text(" with ", *split->tensors, " tensors in all") : "");
    }

    void check(const std::vector<SourceFile>& files) const {
        check_distinct(files);
        int64_t tensors = 0;
        for (const SourceFile& file : files) {
            tensors += static_cast<int64_t>(file.content.tensors.size());
            check_metadata(files.front(), file);
        }
        if (split_.tensors && tensors != *split_.tensors) {
            fail(CHROMA_ERROR_FORMAT, "The ", files.size(), " parts of '", path_, "' have ", tensors,
                 " tensors together, but its '", kTensors, "' is ", *split_.tensors, ".");
        }
    }

    // Only the first part has the model's metadata; what another repeats must be the same.
    static void check_metadata(const SourceFile& first, const SourceFile& other) {
        for (const MetadataEntry& entry : other.content.metadata) {
            if (entry.key.starts_with("split.") || entry.key == "general.alignment") {
                continue;
            }
            const MetadataEntry* same = find_entry(first, entry.key);
            if (same != nullptr && same->value != entry.value) {
                fail(CHROMA_ERROR_FORMAT, "'", first.path(), "' and '", other.path(),
                     "' are parts of one model, but disagree about the metadata '", printable(entry.key), "'.");
            }
        }
    }

    std::string path_;
    std::string folder_;
    std::optional<PartName> name_;
    Split split_;
    std::map<int64_t, SourceFile> parts_;
};

}  // namespace

std::optional<Split> split_of(const SourceFile& file) {
    if (file.content.container != CHROMA_CONTAINER_GGUF) {
        return std::nullopt;
    }
    const auto count = find_number(file, kCount, 0, kMaxParts);
    if (!count || *count < 2) {
        return std::nullopt;
    }
    const auto number = find_number(file, kNumber, 0, *count - 1);
    if (!number) {
        fail(CHROMA_ERROR_FORMAT, "'", file.path(), "' is one of ", *count,
             " parts of a model, but lacks the metadata '", kNumber, "' that says which.");
    }
    return Split{*number, *count, find_number(file, kTensors, 0, std::numeric_limits<int64_t>::max())};
}

std::vector<SourceFile> open_split(SourceFile named, const Split& split) {
    return PartCollector(std::move(named), split).collect();
}

}  // namespace chroma
