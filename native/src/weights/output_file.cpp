#include "weights/output_file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/error.h"
#include "weights/mapped_file.h"

#if defined(_WIN32)
#include <process.h>
#else
#include <unistd.h>
#endif

namespace chroma {

namespace {

int process_id() {
#if defined(_WIN32)
    return _getpid();
#else
    return static_cast<int>(::getpid());
#endif
}

// x: fails if the name is taken, rather than write into somebody's file.
std::FILE* open_new(const std::string& path) {
#if defined(_WIN32)
    return _wfopen(to_path(path).c_str(), L"wbx");
#else
    // The caller's unique_ptr takes it. NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
    return std::fopen(path.c_str(), "wbx");
#endif
}

std::string temporary_name(const std::string& path) {
    static std::atomic<int> counter{0};
    return text(path, ".", process_id(), "-", counter++, ".part");
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path), temporary_(temporary_name(path)) {
    std::error_code ignored;
    if (std::filesystem::is_directory(to_path(path), ignored)) {
        fail(CHROMA_ERROR_IO, "Can't write '", path, "': it is a folder.");
    }
    file_.reset(open_new(temporary_));
    if (file_ == nullptr) {
        fail_to_write(errno);
    }
}

OutputFile::~OutputFile() {
    file_.reset();
    if (!temporary_.empty()) {
        std::error_code ignored;
        std::filesystem::remove(to_path(temporary_), ignored);
    }
}

void OutputFile::fail_to_write(int code) const {
    fail(CHROMA_ERROR_IO, "Can't write '", path_, "': ", std::generic_category().message(code), ".");
}

void OutputFile::write(std::span<const std::byte> bytes) {
    errno = 0;
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
        fail_to_write(errno);
    }
    position_ += static_cast<int64_t>(bytes.size());
}

void OutputFile::pad_to(int64_t multiple) {
    constexpr std::array<std::byte, 64> kZeros{};
    int64_t missing = (multiple - position_ % multiple) % multiple;
    while (missing > 0) {
        const auto count = std::min<int64_t>(missing, static_cast<int64_t>(kZeros.size()));
        write(std::span(kZeros).first(static_cast<size_t>(count)));
        missing -= count;
    }
}

void OutputFile::finish() {
    errno = 0;
    if (std::fclose(file_.release()) != 0) {
        fail_to_write(errno);
    }
    std::error_code error;
    std::filesystem::rename(to_path(temporary_), to_path(path_), error);
    if (error) {
        fail(CHROMA_ERROR_IO, "Can't write '", path_, "': ", error.message(), ".");
    }
    temporary_.clear();
}

}  // namespace chroma
