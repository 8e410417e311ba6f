// Outputs that are written to as they are, without a part beside them.
#pragma once

#include "files/descriptor.h"
#include "files/output_target.h"

namespace chroma {

// Opens a device, a pipe or a descriptor of this process. Throws IO.
[[nodiscard]] Descriptor open_special(const OutputTarget& target);

// Throws IO where open_special() would, as far as it can be known without waiting.
void check_special(const OutputTarget& target);

// Opens an existing regular file for writing and leaves its content. Throws IO.
[[nodiscard]] Descriptor open_in_place(const OutputTarget& target);

// Makes the file empty. Returns errno.
[[nodiscard]] int truncate(const Descriptor& file);

// Whether making a file failed because the folder takes no new ones, whatever their names.
[[nodiscard]] bool is_refusal_of_folder(int code);

}  // namespace chroma
