// The transformer, T5 and the autoencoder: a tiny checkpoint with a changed header is loaded and computes one forward
// call with weights that are not zero. Input: two bytes of options, then the beginning of a GGUF or safetensors file.
#include <array>

#include "support/exercise.h"
#include "support/filler.h"
#include "support/mutate.h"
#include "support/scratch.h"

namespace {

constexpr size_t kPrefix = 2;

constexpr std::array<chroma_type, 8> kTypes = {
    CHROMA_TYPE_STORED, CHROMA_TYPE_STORED, CHROMA_TYPE_STORED, CHROMA_TYPE_Q8_0,
    CHROMA_TYPE_BF16,   CHROMA_TYPE_INT8,   CHROMA_TYPE_F16,    CHROMA_TYPE_Q4_K,
};

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
    return fuzz::mutate(data, size, most, seed, kPrefix, fuzz::mutate_model);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const fuzz::Scratch scratch;
    if (size < kPrefix) {
        return 0;
    }
    const uint8_t first = data[0];
    const uint8_t second = data[1];
    fuzz::ModelOptions options;
    options.type = kTypes[first & 7];
    options.kernels = (first & 8) != 0 ? CHROMA_KERNELS_GGML : CHROMA_KERNELS_AUTO;
    options.mask = static_cast<chroma_text_mask>((first >> 6) % 3);
    options.abort_after = second < 224 ? -1 : second - 224;
    // Mostly small values; any bytes for a quarter.
    const auto filling = (first & 0x30) == 0x30 ? fuzz::Filling::Random : fuzz::Filling::Small;

    const fuzz::Bytes header(data + kPrefix, data + size);
    const std::string path =
        scratch.write("model", fuzz::text_of(header, 0, header.size()), fuzz::filler(header, filling));
    if (chroma_weights* weights = fuzz::open(path)) {
        fuzz::run_model(weights, options);
        chroma_weights_free(weights);
    }
    return 0;
}
