// safetensors headers, read with every getter. Input: one byte (the filling), then the file's beginning.
#include "support/exercise.h"
#include "support/filler.h"
#include "support/mutate.h"
#include "support/scratch.h"

namespace {

constexpr size_t kPrefix = 1;

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
    return fuzz::mutate(data, size, most, seed, kPrefix, fuzz::mutate_safetensors);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const fuzz::Scratch scratch;
    if (size < kPrefix) {
        return 0;
    }
    const fuzz::Bytes header(data + kPrefix, data + size);
    const std::string path = scratch.write("file.safetensors", fuzz::text_of(header, 0, header.size()),
                                           fuzz::filler(header, static_cast<fuzz::Filling>(data[0] & 3)));
    if (chroma_weights* weights = fuzz::open(path)) {
        fuzz::read_everything(weights);
        chroma_weights_free(weights);
    }
    return 0;
}
