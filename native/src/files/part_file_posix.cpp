#if !defined(_WIN32)

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>
#include <vector>

#include "files/part_file.h"
#include "files/part_name.h"

namespace chroma {

namespace {

// Another machine's lock may not be seen through a shared folder, but its writing is.
constexpr time_t kPatienceWithOthers = time_t{24} * 60 * 60;

[[noreturn]] void fail_with(int code) {
    throw std::system_error(code, std::generic_category());
}

bool is_same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Removes a part whose process is dead.
void remove_if_dead(int folder, const char* name, uint32_t machine) {
    // For writing too: over NFS, only such a file can be locked. O_NONBLOCK: whatever has that name, opening it must
    // not wait.
    const Descriptor file(::openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat opened {};
    if (!file.valid() || ::fstat(file.get(), &opened) != 0 || !S_ISREG(opened.st_mode) ||
        ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return;
    }
    if (machine != this_machine() && ::time(nullptr) - opened.st_mtime < kPatienceWithOthers) {
        return;
    }
    struct stat named {};
    if (::fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && is_same_file(opened, named)) {
        ::unlinkat(folder, name, 0);
    }
}

void remove_dead_parts(int folder) {
    struct Close {
        void operator()(DIR* entries) const { ::closedir(entries); }
    };
    // A descriptor of its own, which closedir closes.
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, Close> entries(own < 0 ? nullptr : ::fdopendir(own));
    if (entries == nullptr) {
        return;  // a folder may be writable and yet not listed
    }
    while (const dirent* entry = ::readdir(entries.get())) {  // NOLINT(concurrency-mt-unsafe): the stream is our own
        if (const auto machine = machine_of_part(static_cast<const char*>(entry->d_name))) {
            remove_if_dead(folder, static_cast<const char*>(entry->d_name), *machine);
        }
    }
}

// False if the part was taken for a dead one between its making and its lock.
bool lock_part(const Descriptor& file) {
    struct stat status {};
    const int locked = ::flock(file.get(), LOCK_EX);  // where locks are unknown, nobody can remove it either
    return ::fstat(file.get(), &status) == 0 && (locked != 0 || status.st_nlink > 0);
}

}  // namespace

void PartFile::create(const OutputTarget& target) {
    const size_t slash = target.path.find_last_of('/');
    const std::string folder = slash == std::string::npos ? "." : target.path.substr(0, slash + 1);
    target_ = slash == std::string::npos ? target.path : target.path.substr(slash + 1);
#if defined(O_PATH)
    constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;  // needs no permission to read
#else
    constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif
    folder_ = Descriptor(::open(folder.c_str(), kFolderFlags));
    if (!folder_.valid()) {
        fail_with(errno);
    }
    remove_dead_parts(folder_.get());
    // Nobody may read what will be kept from him.
    const mode_t mode = target.exists ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
    std::string name = part_name(target_, this_machine());
    bool shortened = false;
    while (true) {
        file_ = Descriptor(::openat(folder_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
        if (file_.valid() && lock_part(file_)) {
            name_ = name;
            break;
        }
        if (!file_.valid() && errno == ENAMETOOLONG && !shortened) {
            shortened = true;
        } else if (!file_.valid() && errno != EEXIST) {
            fail_with(errno);
        }
        name = shortened ? short_part_name(target_, this_machine()) : part_name(target_, this_machine());
    }
    if (target.exists) {
        take_over_permissions();
    }
}

void PartFile::take_over_permissions() const {
    struct stat old {};
    if (::fstatat(folder_.get(), target_.c_str(), &old, 0) != 0) {
        return;  // gone in the meantime
    }
    constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;
    constexpr unsigned kGroupShift = 3;
    mode_t mode = old.st_mode & kPermissions;
    struct stat own {};
    const bool known = ::fstat(file_.get(), &own) == 0;
    if (known && own.st_gid != old.st_gid && ::fchown(file_.get(), static_cast<uid_t>(-1), old.st_gid) != 0) {
        // Another group's members may do no more than everybody may.
        mode = (mode & ~static_cast<mode_t>(S_IRWXG)) | ((mode & S_IRWXO) << kGroupShift);
    }
    if (known && own.st_uid != old.st_uid) {
        [[maybe_unused]] const int ignored = ::fchown(file_.get(), old.st_uid, static_cast<gid_t>(-1));
    }
    ::fchmod(file_.get(), mode);
}

int PartFile::move_to_target() {
    if (::renameat(folder_.get(), name_.c_str(), folder_.get(), target_.c_str()) != 0) {
        const int failed = errno;
        if (copy_to_target() != 0) {
            return failed;
        }
        remove();
    }
    name_.clear();
    file_.close();
    return 0;
}

// For a target that can be written to and yet not replaced: a file mounted by itself, as containers have them, or
// somebody else's in a folder where everybody may only remove his own.
int PartFile::copy_to_target() const {
    constexpr size_t kChunk = size_t{1} << 20;
    const Descriptor target(::openat(folder_.get(), target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status {};
    if (!target.valid() || ::fstat(target.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        ::ftruncate(target.get(), 0) != 0) {
        return errno == 0 ? EIO : errno;
    }
    std::vector<std::byte> chunk(kChunk);
    for (off_t offset = 0;;) {
        const ssize_t count = ::pread(file_.get(), chunk.data(), chunk.size(), offset);
        if (count <= 0) {
            return count < 0 ? errno : target.flush();
        }
        if (const int failed = target.write(std::span(chunk).first(static_cast<size_t>(count))); failed != 0) {
            return failed;
        }
        offset += count;
    }
}

void PartFile::remove() noexcept {
    if (!name_.empty()) {
        ::unlinkat(folder_.get(), name_.c_str(), 0);
        name_.clear();
    }
}

}  // namespace chroma

#endif
