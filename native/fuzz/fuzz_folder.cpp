// Folders: an index with its shards, a config.json, GGUF in parts, files that do not belong there. Input: one byte
// (what is opened: the folder, or one of its files), one of options, then the files: a byte for the name (and, as its
// highest bit, whether the values are filled in), four bytes for the length, the content.
#include <algorithm>
#include <array>
#include <filesystem>

#include "support/exercise.h"
#include "support/filler.h"
#include "support/folder_input.h"
#include "support/mutate.h"
#include "support/scratch.h"

namespace {

constexpr size_t kPrefix = 2;

void mutate_folder(fuzz::Bytes& input, fuzz::Random& random) {
    std::vector<fuzz::FolderFile> files = fuzz::split_folder(input);
    if (files.empty()) {
        files.push_back({});
    }
    const size_t index = random.below(files.size());
    switch (random.below(12)) {
        case 0:
            files[index].name = static_cast<uint8_t>(random.below(fuzz::kFolderNames.size()));
            break;
        case 1:
            files.erase(files.begin() + static_cast<ptrdiff_t>(index));
            break;
        case 2:
            files.push_back(files[index]);
            files.back().name = static_cast<uint8_t>(random.below(fuzz::kFolderNames.size()));
            break;
        case 3:
            std::swap(files[index].content, random.one_in(2) ? files.front().content : files.back().content);
            break;
        default:
            fuzz::mutate_model(files[index].content, random);
            break;
    }
    input = fuzz::join_folder(files);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
    return fuzz::mutate(data, size, most, seed, kPrefix, mutate_folder);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const fuzz::Scratch scratch;
    if (size < kPrefix) {
        return 0;
    }
    const std::vector<fuzz::FolderFile> files = fuzz::split_folder({data + kPrefix, data + size});
    for (const fuzz::FolderFile& file : files) {
        scratch.write(fuzz::kFolderNames[file.name], fuzz::text_of(file.content, 0, file.content.size()),
                      fuzz::filler(file.content, file.filled ? fuzz::Filling::Small : fuzz::Filling::None));
    }
    const size_t opened = data[0] % (fuzz::kFolderNames.size() + 1);
    const std::string path = opened == 0 ? scratch.folder() : scratch.path(fuzz::kFolderNames[opened - 1]);
    if (chroma_weights* weights = fuzz::open(path)) {
        fuzz::read_everything(weights);
        if ((data[1] & 1) != 0) {
            fuzz::run_model(weights, {});
        }
        chroma_weights_free(weights);
    }
    for (const fuzz::FolderFile& file : files) {
        scratch.remove(fuzz::kFolderNames[file.name]);
    }
    return 0;
}
