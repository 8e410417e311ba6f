#include "weights/mapped_file.h"

#include <atomic>
#include <system_error>
#include <utility>

#include "weights/mapping_guard.h"

#if defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace chroma {

namespace {

[[noreturn]] void fail_to_open(const std::string& path, int code) {
    fail(CHROMA_ERROR_IO, "Can't open '", path, "': ", std::system_category().message(code), ".");
}

[[noreturn]] void fail_to_reserve(const std::string& name, size_t size) {
    fail(CHROMA_ERROR_OUT_OF_MEMORY, "Out of memory: '", name, "' need ", size, " bytes.");
}

// What changes when a file is written to. The time has the system's own unit.
struct Stamp {
    uint64_t size = 0;
    int64_t written = 0;

    bool operator==(const Stamp&) const = default;
};

// The code of the system's last failure on this thread.
int last_error() {
#if defined(_WIN32)
    return static_cast<int>(GetLastError());
#else
    return errno;
#endif
}

#if defined(_WIN32)
class Handle {
  public:
    explicit Handle(HANDLE handle) : handle_(handle) {}
    ~Handle() {
        if (valid()) {
            CloseHandle(handle_);
        }
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    Handle(Handle&&) = delete;
    Handle& operator=(Handle&&) = delete;

    [[nodiscard]] bool valid() const { return handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE; }
    [[nodiscard]] HANDLE get() const { return handle_; }

    // False: last_error() says why.
    [[nodiscard]] bool stamp(Stamp& stamp) const {
        LARGE_INTEGER size{};
        FILETIME written{};
        if (GetFileSizeEx(handle_, &size) == 0 || GetFileTime(handle_, nullptr, nullptr, &written) == 0) {
            return false;
        }
        constexpr unsigned kHalf = 32;
        stamp = {static_cast<uint64_t>(size.QuadPart),
                 static_cast<int64_t>(uint64_t{written.dwHighDateTime} << kHalf | written.dwLowDateTime)};
        return true;
    }

  private:
    HANDLE handle_;
};
#else
class Handle {
  public:
    explicit Handle(int fd) : fd_(fd) {}
    ~Handle() {
        if (valid()) {
            ::close(fd_);
        }
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    Handle(Handle&&) = delete;
    Handle& operator=(Handle&&) = delete;

    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    [[nodiscard]] int get() const { return fd_; }

    // False: last_error() says why.
    [[nodiscard]] bool stamp(Stamp& stamp) const {
        struct stat status {};
        if (::fstat(fd_, &status) != 0) {
            return false;
        }
#if defined(__APPLE__)
        const struct timespec& written = status.st_mtimespec;
#else
        const struct timespec& written = status.st_mtim;
#endif
        constexpr int64_t kNanoseconds = 1'000'000'000;
        stamp = {static_cast<uint64_t>(status.st_size), written.tv_sec * kNanoseconds + written.tv_nsec};
        return true;
    }

  private:
    int fd_;
};
#endif

}  // namespace

// The file itself, held open so that it can be asked about whatever its name stands for by now.
struct MappedFile::Origin {
    explicit Origin(const std::string& path)
#if defined(_WIN32)
        : handle(CreateFileW(to_path(path).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                             FILE_ATTRIBUTE_NORMAL, nullptr))
#else
        // O_NONBLOCK: opening a pipe must not wait for its writer; it is refused at once.
        : handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
#endif
    {
        if (!handle.valid()) {
            fail_to_open(path, last_error());
        }
    }

    Handle handle;
    Stamp opened;
    std::unique_ptr<MappingGuard> guard;
    std::atomic<bool> changed{false};
};

void MappedFile::check() const {
    if (origin_ == nullptr) {
        return;
    }
    Stamp now;
    const bool known = origin_->handle.stamp(now);
    const int code = known ? 0 : last_error();
    const bool lost = origin_->guard != nullptr && origin_->guard->lost();
    if (known && now == origin_->opened && !lost && !origin_->changed) {
        return;
    }
    origin_->changed = true;
    if (!known) {
        fail(CHROMA_ERROR_IO, "'", path_,
             "' went out of reach while it was in use: ", std::system_category().message(code), ".");
    }
    if (now.size < origin_->opened.size) {
        fail(CHROMA_ERROR_IO, "'", path_, "' became shorter while it was in use, ", now.size, " bytes instead of ",
             origin_->opened.size, "; load it again.");
    }
    if (now != origin_->opened) {
        fail(CHROMA_ERROR_IO, "'", path_, "' was changed while it was in use; load it again.");
    }
    fail(CHROMA_ERROR_IO, "'", path_,
         "' could not be read while it was in use (it was replaced, or its disk or network failed); load it again.");
}

#if defined(_WIN32)

MappedFile::MappedFile(const std::string& path) : path_(path), origin_(std::make_unique<Origin>(path)) {
    const Handle& file = origin_->handle;
    if (!file.stamp(origin_->opened)) {
        fail_to_open(path, last_error());
    }
    if (origin_->opened.size == 0) {
        return;
    }
    const Handle mapping(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
    if (!mapping.valid()) {
        fail_to_open(path, last_error());
    }
    const void* data = MapViewOfFile(mapping.get(), FILE_MAP_READ, 0, 0, 0);
    if (data == nullptr) {
        fail_to_open(path, last_error());
    }
    data_ = static_cast<const std::byte*>(data);
    size_ = static_cast<size_t>(origin_->opened.size);
    origin_->guard = std::make_unique<MappingGuard>(bytes());
}

MappedFile::MappedFile(std::string name, size_t size) : path_(std::move(name)) {
    constexpr unsigned kHalf = 32;
    const Handle mapping(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE,
                                            static_cast<DWORD>(static_cast<uint64_t>(size) >> kHalf),
                                            static_cast<DWORD>(size), nullptr));
    void* data = mapping.valid() ? MapViewOfFile(mapping.get(), FILE_MAP_WRITE, 0, 0, 0) : nullptr;
    if (data == nullptr) {
        fail_to_reserve(path_, size);
    }
    data_ = static_cast<const std::byte*>(data);
    size_ = size;
}

MappedFile::~MappedFile() {
    const bool replaced = origin_ != nullptr && origin_->guard != nullptr && origin_->guard->lost();
    origin_.reset();
    if (replaced) {
        VirtualFree(const_cast<std::byte*>(data_), 0, MEM_RELEASE);
    } else if (data_ != nullptr) {
        UnmapViewOfFile(data_);
    }
}

#else

MappedFile::MappedFile(const std::string& path) : path_(path), origin_(std::make_unique<Origin>(path)) {
    const Handle& file = origin_->handle;
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !file.stamp(origin_->opened)) {
        fail_to_open(path, last_error());
    }
    if (!S_ISREG(status.st_mode)) {
        fail(CHROMA_ERROR_IO, "Can't open '", path, "': it is not a regular file.");
    }
    if (origin_->opened.size == 0) {
        return;
    }
    const auto size = static_cast<size_t>(origin_->opened.size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) {
        fail_to_open(path, last_error());
    }
    data_ = static_cast<const std::byte*>(data);
    size_ = size;
    origin_->guard = std::make_unique<MappingGuard>(bytes());
}

MappedFile::MappedFile(std::string name, size_t size) : path_(std::move(name)) {
    void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) {
        fail_to_reserve(path_, size);
    }
    data_ = static_cast<const std::byte*>(data);
    size_ = size;
}

MappedFile::~MappedFile() {
    origin_.reset();  // its guard, while the mapping is still there
    if (data_ != nullptr) {
        ::munmap(const_cast<std::byte*>(data_), size_);
    }
}

#endif

MappedFile::MappedFile(std::string name, size_t size, const std::function<void(std::span<std::byte>)>& fill)
    : MappedFile(std::move(name), size) {
    fill({const_cast<std::byte*>(data_), size_});
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      origin_(std::move(other.origin_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(origin_, other.origin_);
    return *this;
}

}  // namespace chroma
