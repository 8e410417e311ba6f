// Files that are read as a whole.
#pragma once

#include <string>

namespace chroma {

// Throws IO where the path leads to a folder, a pipe, a device or a socket, or to nothing: reading it might never end.
void check_input(const std::string& path);

}  // namespace chroma
