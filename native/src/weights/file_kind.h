// What a file that is no model of a supported format might be, told by its first bytes.
#pragma once

#include "weights/mapped_file.h"

namespace chroma {

// Throws FORMAT or UNSUPPORTED: what the file seems to be and what is needed instead.
[[noreturn]] void refuse_file(const MappedFile& file);

}  // namespace chroma
