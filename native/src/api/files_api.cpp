#include <memory>

#include "api/wall.h"
#include "files/input_file.h"
#include "files/output_file.h"

using chroma::api::guard;
using chroma::api::require;

struct chroma_output {
    explicit chroma_output(const char* path) : file(path) {}

    chroma::OutputFile file;
};

extern "C" {

chroma_status chroma_input_check(const char* path) {
    return guard([&] { chroma::check_input(require(path, "path")); });
}

chroma_status chroma_output_check(const char* path, chroma_output_kind* kind) {
    return guard([&] { *require(kind, "kind") = chroma::OutputFile::check(require(path, "path")); });
}

chroma_status chroma_output_create(const char* path, chroma_output** output) {
    return guard([&] {
        *require(output, "output") = nullptr;
        *output = std::make_unique<chroma_output>(require(path, "path")).release();
    });
}

chroma_status chroma_output_write(chroma_output* output, const void* data, int64_t bytes) {
    return guard([&] {
        if (bytes < 0) {
            chroma::fail(CHROMA_ERROR_INVALID_ARGUMENT, "'bytes' is ", bytes, ", but must be at least 0.");
        }
        const auto* first = static_cast<const std::byte*>(bytes == 0 ? data : require(data, "data"));
        require(output, "output")->file.write(std::span(first, static_cast<size_t>(bytes)));
    });
}

chroma_status chroma_output_finish(chroma_output* output) {
    return guard([&] { require(output, "output")->file.finish(); });
}

void chroma_output_free(chroma_output* output) {
    std::unique_ptr<chroma_output>{output}.reset();
}

void chroma_output_discard_all(void) {
    chroma::PartFile::discard_all();
}

}  // extern "C"
