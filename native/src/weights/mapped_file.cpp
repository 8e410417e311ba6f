#include "weights/mapped_file.h"

#include <system_error>
#include <utility>

#include "common/error.h"

#if defined(_WIN32)
#define NOMINMAX
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

    [[nodiscard]] bool valid() const { return handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE; }
    [[nodiscard]] HANDLE get() const { return handle_; }

  private:
    HANDLE handle_;
};
#else
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;

    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};
#endif

}  // namespace

#if defined(_WIN32)

MappedFile::MappedFile(const std::string& path) : path_(path) {
    const Handle file(CreateFileW(to_path(path).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                  FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!file.valid()) {
        fail_to_open(path, static_cast<int>(GetLastError()));
    }
    LARGE_INTEGER size{};
    if (GetFileSizeEx(file.get(), &size) == 0) {
        fail_to_open(path, static_cast<int>(GetLastError()));
    }
    if (size.QuadPart == 0) {
        return;
    }
    const Handle mapping(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
    if (!mapping.valid()) {
        fail_to_open(path, static_cast<int>(GetLastError()));
    }
    const void* data = MapViewOfFile(mapping.get(), FILE_MAP_READ, 0, 0, 0);
    if (data == nullptr) {
        fail_to_open(path, static_cast<int>(GetLastError()));
    }
    data_ = static_cast<const std::byte*>(data);
    size_ = static_cast<size_t>(size.QuadPart);
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
    if (data_ != nullptr) {
        UnmapViewOfFile(data_);
    }
}

#else

MappedFile::MappedFile(const std::string& path) : path_(path) {
    // O_NONBLOCK: opening a pipe must not wait for its writer; it is refused just below.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
        fail_to_open(path, errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        fail_to_open(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        fail(CHROMA_ERROR_IO, "Can't open '", path, "': it is not a regular file.");
    }
    if (status.st_size == 0) {
        return;
    }
    const auto size = static_cast<size_t>(status.st_size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) {
        fail_to_open(path, errno);
    }
    data_ = static_cast<const std::byte*>(data);
    size_ = size;
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
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

}  // namespace chroma
