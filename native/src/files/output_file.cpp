#include "files/output_file.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "files/open_output.h"

namespace chroma {

namespace {

// What a target is written through: a part beside it, or itself.
void open(const OutputTarget& target, std::optional<PartFile>& part, Descriptor& direct) {
    // Whoever may not write to a file may not replace it either, though the folder would let him.
    Descriptor existing = target.exists ? open_in_place(target) : Descriptor();
    try {
        part.emplace(target);
    } catch (const std::system_error& error) {
        if (!existing.valid() || !is_refusal_of_folder(error.code().value())) {
            fail_to_write(target.given, error.code().value());
        }
        direct = std::move(existing);
    }
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : target_(resolve_output(path)) {
    if (target_.kind != CHROMA_OUTPUT_FILE) {
        direct_ = open_special(target_);
        return;
    }
    open(target_, part_, direct_);
    if (direct_.valid()) {
        if (const int failed = truncate(direct_); failed != 0) {
            fail_to_write(path, failed);
        }
    }
}

chroma_output_kind OutputFile::check(const std::string& path) {
    const OutputTarget target = resolve_output(path);
    if (target.kind != CHROMA_OUTPUT_FILE) {
        check_special(target);
        return target.kind;
    }
    std::optional<PartFile> part;
    Descriptor direct;
    open(target, part, direct);
    return target.kind;
}

void OutputFile::write(std::span<const std::byte> bytes) {
    if (const int failed = file().write(bytes); failed != 0) {
        fail_to_write(target_.given, failed);
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
    int failed = 0;
    if (part_.has_value()) {
        failed = part_->commit();
    } else {
        failed = target_.kind == CHROMA_OUTPUT_FILE ? direct_.flush() : 0;
        const int closed = direct_.close();
        failed = failed != 0 ? failed : closed;
    }
    if (failed != 0) {
        fail_to_write(target_.given, failed);
    }
}

}  // namespace chroma
