#include "files/descriptor.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#else
#include <poll.h>
#include <unistd.h>
#endif

namespace chroma {

namespace {

constexpr size_t kMostAtOnce = size_t{1} << 30;  // macOS and Windows refuse more than 2^31 - 1

#if defined(_WIN32)
int write_some(int number, const std::byte* data, size_t count) {
    return _write(number, data, static_cast<unsigned>(count));
}

void wait_until_writable(int) {}
#else
ssize_t write_some(int number, const std::byte* data, size_t count) {
    return ::write(number, data, count);
}

void wait_until_writable(int number) {
    pollfd wanted{number, POLLOUT, 0};
    ::poll(&wanted, 1, -1);
}
#endif

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

int Descriptor::write(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const auto written = write_some(number_, bytes.data(), std::min(bytes.size(), kMostAtOnce));
        if (written >= 0) {
            bytes = bytes.subspan(static_cast<size_t>(written));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_until_writable(number_);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int Descriptor::flush() const {
#if defined(_WIN32)
    return _commit(number_) == 0 ? 0 : errno;
#else
    // Pipes and devices have no disk, and say so with EINVAL; some file systems do not know the call.
    const bool done = ::fsync(number_) == 0 || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
    return done ? 0 : errno;
#endif
}

int Descriptor::close() {
    if (number_ < 0) {
        return 0;
    }
    const int number = std::exchange(number_, -1);
#if defined(_WIN32)
    return _close(number) == 0 ? 0 : errno;
#else
    return ::close(number) == 0 ? 0 : errno;
#endif
}

}  // namespace chroma
