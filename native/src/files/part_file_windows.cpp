#if defined(_WIN32)

#include <fcntl.h>
#include <io.h>
#include <share.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "files/part_file.h"
#include "files/part_name.h"
#include "weights/mapped_file.h"

namespace chroma {

namespace {

namespace fs = std::filesystem;

// Whoever writes a part keeps others from deleting it, so that only those of dead processes go.
void remove_dead_parts(const fs::path& folder) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        if (machine_of_part(from_path(entry.path().filename())) && entry.is_regular_file(error)) {
            std::error_code ignored;
            fs::remove(entry.path(), ignored);
        }
    }
}

}  // namespace

void PartFile::create(const OutputTarget& target) {
    target_ = target.path;
    const fs::path path = to_path(target.path);
    remove_dead_parts(path.has_parent_path() ? path.parent_path() : fs::path("."));
    const std::string base = from_path(path.filename());
    for (const std::string& name : {part_name(base, this_machine()), short_part_name(base, this_machine())}) {
        fs::path part = path;
        part.replace_filename(to_path(name));
        int number = -1;
        const int failed = _wsopen_s(&number, part.c_str(), _O_RDWR | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                                     _SH_DENYWR, _S_IREAD | _S_IWRITE);
        if (failed == 0) {
            file_ = Descriptor(number);
            name_ = from_path(part);
            return;
        }
        if (failed != ENOENT && failed != EINVAL && failed != ENAMETOOLONG) {
            throw std::system_error(failed, std::generic_category());
        }
    }
    throw std::system_error(ENAMETOOLONG, std::generic_category());
}

int PartFile::move_to_target() {
    if (const int failed = file_.close(); failed != 0) {
        return failed;
    }
    std::error_code error;
    fs::rename(to_path(name_), to_path(target_), error);
    if (error) {
        return error.default_error_condition().value();
    }
    name_.clear();
    return 0;
}

void PartFile::remove() noexcept {
    if (!name_.empty()) {
        file_.close();
        std::error_code ignored;
        fs::remove(to_path(name_), ignored);
        name_.clear();
    }
}

}  // namespace chroma

#endif
