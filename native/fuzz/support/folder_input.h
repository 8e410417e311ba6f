// A folder's files as one input of the fuzzer.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "support/bytes.h"

namespace fuzz {

constexpr std::array<const char*, 16> kFolderNames = {
    "model.safetensors.index.json",
    "config.json",
    "model.safetensors",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model-00001-of-00003.gguf",
    "model-00002-of-00003.gguf",
    "model-00003-of-00003.gguf",
    "model.gguf",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
    "MODEL.GGUF",
    "._model.gguf",
    "tokenizer.json",
    "model-00001-of-00001.gguf",
    "chroma.json",
};

struct FolderFile {
    uint8_t name = 0;  // in kFolderNames
    bool filled = false;
    Bytes content;
};

// As many files as the input holds; the last may be cut short.
inline std::vector<FolderFile> split_folder(const Bytes& input) {
    constexpr size_t kHead = 5;
    constexpr size_t kMostFiles = 12;
    std::vector<FolderFile> files;
    for (size_t at = 0; input.size() - at >= kHead && files.size() < kMostFiles;) {
        const uint8_t head = input[at];
        const size_t length = std::min<size_t>(number_at(input, at + 1, 4), input.size() - at - kHead);
        const auto begin = input.begin() + static_cast<ptrdiff_t>(at + kHead);
        files.push_back({static_cast<uint8_t>((head & 127) % kFolderNames.size()), (head & 128) != 0,
                         Bytes(begin, begin + static_cast<ptrdiff_t>(length))});
        at += kHead + length;
    }
    return files;
}

inline Bytes join_folder(const std::vector<FolderFile>& files) {
    Bytes input;
    for (const FolderFile& file : files) {
        append_number(input, 1, file.name | (file.filled ? 128U : 0U));
        append_number(input, 4, file.content.size());
        input.insert(input.end(), file.content.begin(), file.content.end());
    }
    return input;
}

}  // namespace fuzz
