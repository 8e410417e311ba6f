// The files that make up a checkpoint, found from any one of them and read: a file of its own, the shards of an index,
// the parts of a split GGUF, or files that are numbered as parts by their names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weights/checkpoint.h"
#include "weights/mapped_file.h"

namespace chroma {

struct SourceFile {
    MappedFile file;
    FileContent content;

    // Throws IO or FORMAT with the file's name.
    explicit SourceFile(const std::string& path);

    [[nodiscard]] const std::string& path() const { return file.path(); }
};

// In the order of their numbers. Throws IO naming what is missing, FORMAT if the files don't fit together.
[[nodiscard]] std::vector<SourceFile> open_source(const std::string& path);

// Throws FORMAT if two files have a tensor of the same name.
void check_distinct(const std::vector<SourceFile>& files);

}  // namespace chroma
