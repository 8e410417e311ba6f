// A file that somebody asked for by its path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "files/descriptor.h"
#include "files/output_target.h"
#include "files/part_file.h"

namespace chroma {

// A regular file appears under its name only once it is whole: it is written beside the path under a temporary name,
// which finish() changes. Destroyed before that, it leaves what was there. Symbolic links stay, what they lead to is
// replaced; other names (hard links) of a file that is replaced keep the old content. Devices, pipes and descriptors of
// this process
// (/dev/stdout, /dev/fd/3) are written to as they are. So is a file in a folder that takes no new ones.
class OutputFile {
  public:
    // Throws IO naming the path and the reason. Waits for half a minute until a pipe has a reader.
    explicit OutputFile(const std::string& path);

    // Throws what the constructor would, as far as it can be known without waiting; leaves nothing behind.
    static chroma_output_kind check(const std::string& path);

    void write(std::span<const std::byte> bytes);
    void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

    // Writes zeros up to the next multiple.
    void pad_to(int64_t multiple);

    [[nodiscard]] int64_t position() const { return position_; }
    [[nodiscard]] chroma_output_kind kind() const { return target_.kind; }

    void finish();

  private:
    [[nodiscard]] const Descriptor& file() const { return part_.has_value() ? part_->file() : direct_; }

    OutputTarget target_;
    std::optional<PartFile> part_;
    Descriptor direct_;  // what is written to without a part
    int64_t position_ = 0;
};

}  // namespace chroma
