#include "files/open_output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <thread>

#if defined(_WIN32)
#include <io.h>
#include <share.h>

#include "weights/mapped_file.h"
#else
#include <unistd.h>
#endif

namespace chroma {

bool is_refusal_of_folder(int code) {
    return code == EACCES || code == EPERM || code == EROFS;
}

#if defined(_WIN32)

namespace {

Descriptor open_for_writing(const OutputTarget& target) {
    int number = -1;
    const int failed =
        _wsopen_s(&number, to_path(target.path).c_str(), _O_WRONLY | _O_BINARY | _O_NOINHERIT, _SH_DENYNO, 0);
    if (failed != 0) {
        fail_to_write(target.given, failed);
    }
    return Descriptor(number);
}

}  // namespace

Descriptor open_special(const OutputTarget& target) {
    return open_for_writing(target);
}

void check_special(const OutputTarget&) {}

Descriptor open_in_place(const OutputTarget& target) {
    return open_for_writing(target);
}

int truncate(const Descriptor& file) {
    return _chsize_s(file.get(), 0);
}

#else

namespace {

// Opening a pipe that nobody reads would wait for ever, and whoever waits for the result would not learn why.
constexpr std::chrono::seconds kPatienceWithReaders{30};
constexpr std::chrono::milliseconds kBetweenTries{20};
constexpr int kFlags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

bool is_pipe(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

void make_blocking(const Descriptor& file) {
    ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
}

Descriptor open_for_writing(const OutputTarget& target) {
    const auto end = std::chrono::steady_clock::now() + kPatienceWithReaders;
    while (true) {
        Descriptor file(::open(target.path.c_str(), kFlags));
        if (file.valid()) {
            make_blocking(file);
            return file;
        }
        const int code = errno;
        if (code != ENXIO || !is_pipe(target.path)) {
            fail_to_write(target.given, code);
        }
        if (std::chrono::steady_clock::now() > end) {
            fail_to_write(target.given, "nobody reads from this pipe");
        }
        std::this_thread::sleep_for(kBetweenTries);
    }
}

}  // namespace

Descriptor open_special(const OutputTarget& target) {
    if (target.descriptor >= 0) {
        Descriptor copy(::fcntl(target.descriptor, F_DUPFD_CLOEXEC, 0));
        if (!copy.valid()) {
            fail_to_write(target.given, errno);
        }
        return copy;
    }
    Descriptor file = open_for_writing(target);
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && ::ftruncate(file.get(), 0) != 0) {
        fail_to_write(target.given, errno);
    }
    return file;
}

void check_special(const OutputTarget& target) {
    if (target.descriptor >= 0) {
        return;
    }
    if (is_pipe(target.path)) {
        if (::faccessat(AT_FDCWD, target.path.c_str(), W_OK, AT_EACCESS) != 0) {
            fail_to_write(target.given, errno);
        }
    } else if (!Descriptor(::open(target.path.c_str(), kFlags)).valid()) {
        fail_to_write(target.given, errno);
    }
}

Descriptor open_in_place(const OutputTarget& target) {
    Descriptor file(::open(target.path.c_str(), kFlags));
    if (!file.valid() && errno != ETXTBSY) {
        fail_to_write(target.given, errno);
    }
    return file;
}

int truncate(const Descriptor& file) {
    return ::ftruncate(file.get(), 0) == 0 ? 0 : errno;
}

#endif

}  // namespace chroma
