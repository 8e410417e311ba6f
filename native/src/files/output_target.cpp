#include "files/output_target.h"

#include <system_error>

#include "common/error.h"

namespace chroma {

void fail_to_write(const std::string& path, const std::string& reason) {
    const std::string name = path == "/dev/stdout" ? "to standard output" : text("'", path, "'");
    fail(CHROMA_ERROR_IO, "Can't write ", name, ": ", reason, ".");
}

void fail_to_write(const std::string& path, int code) {
    fail_to_write(path, std::generic_category().message(code));
}

}  // namespace chroma
