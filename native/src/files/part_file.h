// The file beside a target that takes its place once it is whole.
#pragma once

#include <string>

#include "files/descriptor.h"
#include "files/output_target.h"

namespace chroma {

// Removes itself when destroyed before commit(). As long as it is open it holds a lock, which the system takes away
// when its process dies in any way; parts without one are removed by the next that is made in the same folder.
class PartFile {
  public:
    // An existing target's permissions and owner are taken over, as far as this user may give them. Throws
    // std::system_error.
    explicit PartFile(const OutputTarget& target);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    PartFile(PartFile&&) = delete;
    PartFile& operator=(PartFile&&) = delete;

    [[nodiscard]] const Descriptor& file() const { return file_; }

    // Takes the target's place. Returns errno, 0 if all went well.
    [[nodiscard]] int commit();

    // Removes the parts of this process that are being written. For a process that is about to end without unwinding.
    static void discard_all() noexcept;

  private:
    void create(const OutputTarget& target);
    void take_over_permissions() const;
    [[nodiscard]] int move_to_target();
    [[nodiscard]] int copy_to_target() const;
    void remove() noexcept;

    std::string target_;  // on POSIX relative to folder_
    std::string name_;    // likewise; empty once there is no such file
    Descriptor folder_;
    Descriptor file_;
};

}  // namespace chroma
