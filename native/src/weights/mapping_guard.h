// Keeps a read of a mapped file from ending the process once the file has lost the bytes that are read.
#pragma once

#include <cstddef>
#include <span>

namespace chroma {

class Place;

// Watches one read-only mapping of a file. A read that the system can't serve any more, because the file was truncated
// or its disk or network failed, gets zeros; so do all reads beyond it from then on. Whoever reads asks lost() before
// using what was read. docs/decisions/mapped-files.md says why it is done so.
class MappingGuard {
  public:
    MappingGuard() = default;

    // The mapping must outlive the guard. Throws std::bad_alloc.
    explicit MappingGuard(std::span<const std::byte> mapping);
    ~MappingGuard();
    MappingGuard(const MappingGuard&) = delete;
    MappingGuard& operator=(const MappingGuard&) = delete;
    MappingGuard(MappingGuard&&) = delete;
    MappingGuard& operator=(MappingGuard&&) = delete;

    // True once zeros were given in place of the file's bytes.
    [[nodiscard]] bool lost() const;

  private:
    Place* place_ = nullptr;
};

}  // namespace chroma
