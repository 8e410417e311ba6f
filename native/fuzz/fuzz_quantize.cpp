// Conversion: a changed checkpoint becomes another file, which must open again, or nothing is left. Input: two bytes of
// options, then the beginning of a GGUF or safetensors file.
#include <filesystem>

#include "support/contract.h"
#include "support/exercise.h"
#include "support/filler.h"
#include "support/mutate.h"
#include "support/scratch.h"

namespace {

constexpr size_t kPrefix = 2;

int32_t count_down(void* left) {
    auto* answers = static_cast<int64_t*>(left);
    return *answers >= 0 && (*answers)-- == 0 ? 1 : 0;
}

// The file must be whole after a success; after a failure nothing may be left of it.
void check_output(const fuzz::Scratch& scratch, const std::string& output, bool done) {
    for (const auto& entry : std::filesystem::directory_iterator(scratch.folder())) {
        const std::string path = entry.path().string();
        if (path != scratch.path("in") && (!done || path != output)) {
            fuzz::broken("chroma_weights_quantize", "a file is left: " + path);
        }
    }
    if (!done) {
        return;
    }
    chroma_weights* weights = fuzz::open(output);
    if (weights == nullptr) {
        fuzz::broken("chroma_weights_quantize", "its own output does not open");
    }
    fuzz::read_everything(weights);
    chroma_weights_free(weights);
    std::filesystem::remove(output);
}

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
    int64_t answers = second < 224 ? -1 : second - 224;
    chroma_quantize_options options{};
    options.struct_size = sizeof(options);
    options.type = static_cast<chroma_type>((first & 31) % (CHROMA_TYPE_INT8 + 1));
    options.include_approximator = (first & 32) != 0 ? 1 : 0;
    options.threads = 1;
    options.abort = count_down;
    options.user_data = &answers;
    const auto filling = (first & 64) != 0 ? fuzz::Filling::Random : fuzz::Filling::Small;

    const fuzz::Bytes header(data + kPrefix, data + size);
    const std::string input =
        scratch.write("in", fuzz::text_of(header, 0, header.size()), fuzz::filler(header, filling));
    const std::string output = scratch.path((first & 128) != 0 ? "out.safetensors" : "out.gguf");
    const bool done =
        fuzz::check(chroma_weights_quantize(input.c_str(), output.c_str(), &options), "chroma_weights_quantize");
    check_output(scratch, output, done);
    return 0;
}
