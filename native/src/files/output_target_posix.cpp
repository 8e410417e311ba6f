#if !defined(_WIN32)

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <optional>
#include <string_view>

#include "common/error.h"
#include "files/output_target.h"

#if defined(__linux__)
#include <sys/vfs.h>
#endif

namespace chroma {

namespace {

constexpr int kMaxLinks = 40;  // as Linux counts

// The number in a path that stands for a descriptor of this process.
std::optional<int> own_descriptor(std::string_view path) {
    constexpr std::array<std::string_view, 3> kStandard{"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (size_t i = 0; i < kStandard.size(); ++i) {
        if (path == kStandard[i]) {
            return static_cast<int>(i);
        }
    }
    const std::string by_process = text("/proc/", ::getpid(), "/fd/");
    const std::array<std::string_view, 4> folders{"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", by_process};
    for (const std::string_view folder : folders) {
        if (path.starts_with(folder)) {
            const std::string_view digits = path.substr(folder.size());
            int number = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
            if (error == std::errc() && end == digits.data() + digits.size() && number >= 0) {
                return number;
            }
        }
    }
    return std::nullopt;
}

std::string folder_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// The descriptors of other processes are links whose text is no path ("pipe:[4026]"); only opening them follows them.
bool is_descriptor_link([[maybe_unused]] const std::string& path) {
#if defined(__linux__)
    constexpr auto kProcFileSystem = 0x9fa0;
    struct statfs system {};
    return ::statfs(folder_of(path).c_str(), &system) == 0 && system.f_type == kProcFileSystem;
#else
    return false;
#endif
}

std::string read_link(const std::string& path, const std::string& given) {
    std::string target(PATH_MAX, '\0');
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) {
        fail_to_write(given, errno);
    }
    target.resize(static_cast<size_t>(length));
    return target.starts_with('/') ? target : text(folder_of(path), "/", target);
}

void require_folder(const OutputTarget& target) {
    const std::string folder = folder_of(target.path);
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
        if (errno == ENOENT) {
            fail_to_write(target.given, text("there is no folder '", folder, "'"));
        }
        fail_to_write(target.given, errno);
    }
    if (!S_ISDIR(status.st_mode)) {
        fail_to_write(target.given, text("'", folder, "' is no folder"));
    }
}

chroma_output_kind kind_of(const struct stat& status, const std::string& given) {
    if (S_ISDIR(status.st_mode)) {
        fail_to_write(given, "it is a folder");
    }
    if (S_ISSOCK(status.st_mode)) {
        fail_to_write(given, "it is a socket");
    }
    return S_ISREG(status.st_mode) ? CHROMA_OUTPUT_FILE : CHROMA_OUTPUT_SPECIAL;
}

void take_descriptor(OutputTarget& target, int number) {
    const std::string name = number == STDOUT_FILENO   ? "standard output"
                             : number == STDERR_FILENO ? "standard error"
                                                       : "it";
    const int flags = ::fcntl(number, F_GETFD);
    // A standard stream that was closed when the program started has since been taken by one of its own files, and
    // those do not outlive an exec; streams that were handed down do.
    if (flags < 0 || (number <= STDERR_FILENO && (flags & FD_CLOEXEC) != 0)) {
        fail_to_write(target.given, "it is closed");
    }
    if ((::fcntl(number, F_GETFL) & O_ACCMODE) == O_RDONLY) {
        fail_to_write(target.given, "it is open for reading only");
    }
    target.descriptor = number;
    target.exists = true;
    target.kind = number == STDOUT_FILENO ? CHROMA_OUTPUT_STANDARD_OUTPUT : CHROMA_OUTPUT_SPECIAL;
}

}  // namespace

OutputTarget resolve_output(const std::string& path) {
    OutputTarget target{path, path};
    for (int links = 0; links <= kMaxLinks; ++links) {
        if (const std::optional<int> number = own_descriptor(target.path)) {
            take_descriptor(target, *number);
            return target;
        }
        struct stat status {};
        if (::lstat(target.path.c_str(), &status) != 0) {
            if (errno != ENOENT) {
                fail_to_write(path, errno);
            }
            require_folder(target);
            if (target.path.ends_with('/')) {
                fail_to_write(path, "it names a folder");
            }
            return target;
        }
        const bool opens_descriptor = S_ISLNK(status.st_mode) && is_descriptor_link(target.path);
        if (opens_descriptor && ::stat(target.path.c_str(), &status) != 0) {
            fail_to_write(path, errno);
        }
        if (!S_ISLNK(status.st_mode)) {
            target.kind = kind_of(status, path);
            target.exists = true;
            if (opens_descriptor) {
                target.kind = CHROMA_OUTPUT_SPECIAL;
            }
            return target;
        }
        target.path = read_link(target.path, path);
    }
    fail_to_write(path, ELOOP);
}

}  // namespace chroma

#endif
