// A file mapped read-only into memory, or memory that stands for one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "common/error.h"

namespace chroma {

// Paths are UTF-8 in this library, whatever the system's own encoding is.
[[nodiscard]] inline std::filesystem::path to_path(const std::string& utf8) {
    return std::filesystem::path(std::u8string(utf8.begin(), utf8.end()));
}
[[nodiscard]] inline std::string from_path(const std::filesystem::path& path) {
    const std::u8string utf8 = path.u8string();
    return {utf8.begin(), utf8.end()};
}

// Movable owner of a mapping. The pages are the page cache's: they take no memory of this process until touched, and
// any number of models may share them. A file that is truncated or written to while it is mapped harms nobody but those
// who read it: check() tells them.
class MappedFile {
  public:
    // Throws IO naming the file and the system's reason.
    explicit MappedFile(const std::string& path);

    // Memory that no file backs: `fill` writes its bytes, zero at first, and nobody does afterwards. `name` stands in
    // messages in place of a path. Throws OUT_OF_MEMORY.
    MappedFile(std::string name, size_t size, const std::function<void(std::span<std::byte>)>& fill);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;

    [[nodiscard]] const std::string& path() const { return path_; }

    // The whole file; the address is a page's.
    [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

    // Throws IO, from then on each time, if the file is no longer what it was when it was opened: shorter, written to,
    // or out of reach. What was read of it means nothing then. Takes a microsecond.
    void check() const;

  private:
    struct Origin;

    // Reserves memory of zeros.
    MappedFile(std::string name, size_t size);

    std::string path_;
    const std::byte* data_ = nullptr;
    size_t size_ = 0;
    std::unique_ptr<Origin> origin_;  // of a file
};

// Runs what reads mapped files and gives its result. Where they changed meanwhile, that is the error, whatever else
// came of it: `source` is a file, a checkpoint or a model's weights.
template <typename Source, typename Body>
auto reading(const Source& source, const Body& body) {
    const auto checked = [&] {
        try {
            return body();
        } catch (const Error& error) {
            if (error.status() != CHROMA_ERROR_ABORTED) {
                source.check();
            }
            throw;
        }
    };
    if constexpr (std::is_void_v<decltype(body())>) {
        checked();
        source.check();
    } else {
        auto result = checked();
        source.check();
        return result;
    }
}

}  // namespace chroma
