#include "files/output_target.h"

#include <system_error>

#include "common/error.h"

namespace chroma {

void fail_to_write(const std::string& path, const std::string& reason) {
    fail(CHROMA_ERROR_IO, "Can't write '", path, "': ", reason, ".");
}

void fail_to_write(const std::string& path, int code) {
    fail_to_write(path, std::generic_category().message(code));
}

}  // namespace chroma
