#if defined(_WIN32)

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/error.h"
#include "files/output_target.h"
#include "weights/mapped_file.h"

namespace chroma {

OutputTarget resolve_output(const std::string& path) {
    constexpr int kMaxLinks = 40;
    namespace fs = std::filesystem;
    OutputTarget target{path, path};
    std::error_code error;
    for (int links = 0; links <= kMaxLinks; ++links) {
        const fs::path at = to_path(target.path);
        const fs::file_status status = fs::symlink_status(at, error);
        if (status.type() == fs::file_type::symlink) {
            const fs::path link = fs::read_symlink(at, error);
            if (error) {
                fail_to_write(path, error.message());
            }
            target.path = from_path(link.is_absolute() ? link : at.parent_path() / link);
            continue;
        }
        if (status.type() == fs::file_type::directory) {
            fail_to_write(path, "it is a folder");
        }
        target.exists = fs::exists(status);
        if (target.exists && status.type() != fs::file_type::regular) {
            target.kind = CHROMA_OUTPUT_SPECIAL;
        } else if (!target.exists) {
            const fs::path folder = at.has_parent_path() ? at.parent_path() : fs::path(".");
            if (!fs::is_directory(folder, error)) {
                fail_to_write(path, text("there is no folder '", from_path(folder), "'"));
            }
            if (!at.has_filename()) {
                fail_to_write(path, "it names a folder");
            }
        }
        return target;
    }
    fail_to_write(path, ELOOP);
}

}  // namespace chroma

#endif
