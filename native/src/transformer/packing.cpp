#include "transformer/packing.h"

namespace chroma {

namespace {

// Calls visit(index in the latent, index in the tokens) for every element, in the tokens' order.
template <typename Visit>
void for_each_element(const LatentShape& shape, Visit&& visit) {
    size_t token_index = 0;
    for (int64_t row = 0; row < shape.token_rows(); ++row) {
        for (int64_t column = 0; column < shape.token_columns(); ++column) {
            for (int64_t c = 0; c < shape.channels; ++c) {
                for (int64_t dh = 0; dh < kPatchSize; ++dh) {
                    const int64_t y = row * kPatchSize + dh;
                    for (int64_t dw = 0; dw < kPatchSize; ++dw) {
                        const int64_t x = column * kPatchSize + dw;
                        visit(static_cast<size_t>((c * shape.height + y) * shape.width + x), token_index++);
                    }
                }
            }
        }
    }
}

}  // namespace

void pack_latent(std::span<const float> latent, const LatentShape& shape, std::span<float> tokens) {
    for_each_element(shape, [&](size_t from, size_t to) { tokens[to] = latent[from]; });
}

void unpack_latent(std::span<const float> tokens, const LatentShape& shape, std::span<float> latent) {
    for_each_element(shape, [&](size_t to, size_t from) { latent[to] = tokens[from]; });
}

}  // namespace chroma
