// A file that appears under its name only once it is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace chroma {

// Writes beside the path under a temporary name; finish() renames. Destroyed before that, it leaves nothing behind.
class OutputFile {
  public:
    // Throws IO naming the path and the system's reason.
    explicit OutputFile(const std::string& path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    OutputFile(OutputFile&&) = delete;
    OutputFile& operator=(OutputFile&&) = delete;

    void write(std::span<const std::byte> bytes);
    void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

    // Writes zeros up to the next multiple.
    void pad_to(int64_t multiple);

    [[nodiscard]] int64_t position() const { return position_; }

    void finish();

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }  // NOLINT(cppcoreguidelines-owning-memory)
    };

    [[noreturn]] void fail_to_write(int code) const;

    std::string path_;
    std::string temporary_;
    std::unique_ptr<std::FILE, Close> file_;
    int64_t position_ = 0;
};

}  // namespace chroma
