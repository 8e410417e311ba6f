#include "files/input_file.h"

#include <filesystem>
#include <system_error>

#include "common/error.h"
#include "weights/mapped_file.h"

namespace chroma {

void check_input(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::status(to_path(path), error);
    switch (status.type()) {
        case fs::file_type::regular:
            return;
        case fs::file_type::not_found:
            fail(CHROMA_ERROR_IO, "Can't open '", path, "': there is no such file.");
        case fs::file_type::none:
            fail(CHROMA_ERROR_IO, "Can't open '", path, "': ", error.message(), ".");
        case fs::file_type::directory:
            fail(CHROMA_ERROR_IO, "Can't open '", path, "': it is a folder.");
        default:
            fail(CHROMA_ERROR_IO, "Can't open '", path, "': it is not a regular file.");
    }
}

}  // namespace chroma
