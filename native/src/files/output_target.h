// What a path that somebody wants to write to leads to.
#pragma once

#include <string>

#include "chroma.h"

namespace chroma {

struct OutputTarget {
    std::string given;  // the path as it was given, for messages
    std::string path;   // the same after all symbolic links; need not exist
    chroma_output_kind kind = CHROMA_OUTPUT_FILE;
    int descriptor =
        -1;  // the open descriptor that the path stands for (/dev/stdout, /dev/fd/N), -1 if it has to be opened
    bool exists = false;
};

// Follows symbolic links, dangling ones included. Throws IO where nothing can be written: a folder, a socket, a folder
// that does not exist, a name that is too long, a closed descriptor.
[[nodiscard]] OutputTarget resolve_output(const std::string& path);

// Throws IO: "Can't write 'path': reason."
[[noreturn]] void fail_to_write(const std::string& path, const std::string& reason);
[[noreturn]] void fail_to_write(const std::string& path, int code);

}  // namespace chroma
