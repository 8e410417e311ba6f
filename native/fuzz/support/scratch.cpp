#include "support/scratch.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace fuzz {

namespace fs = std::filesystem;

Scratch::Scratch() {
    std::error_code ignored;
    const fs::path memory = "/dev/shm";
    const fs::path root = ::access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path();
    std::string pattern = (root / "chroma-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        std::perror(pattern.c_str());
        std::abort();
    }
    folder_ = pattern;
}

Scratch::~Scratch() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string Scratch::path(std::string_view name) const {
    return folder_ + "/" + std::string(name);
}

std::string Scratch::write(std::string_view name, std::string_view first, std::string_view second) const {
    std::string full = path(name);
    std::FILE* file = std::fopen(full.c_str(), "wb");
    const auto put = [&](std::string_view part) {
        return part.empty() || std::fwrite(part.data(), part.size(), 1, file) == 1;
    };
    const bool done = file != nullptr && put(first) && put(second);
    if (file == nullptr || std::fclose(file) != 0 || !done) {
        std::perror(full.c_str());
        std::abort();
    }
    return full;
}

void Scratch::remove(std::string_view name) const {
    std::error_code ignored;
    fs::remove(path(name), ignored);
}

}  // namespace fuzz
