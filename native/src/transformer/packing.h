// Latents as tokens: every 2x2 patch of a latent is one image token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace chroma {

inline constexpr int64_t kPatchSize = 2;

struct LatentShape {
    int64_t channels;
    int64_t height;  // even
    int64_t width;   // even

    [[nodiscard]] int64_t token_rows() const { return height / kPatchSize; }
    [[nodiscard]] int64_t token_columns() const { return width / kPatchSize; }
    [[nodiscard]] int64_t tokens() const { return token_rows() * token_columns(); }
    [[nodiscard]] int64_t token_channels() const { return channels * kPatchSize * kPatchSize; }
    [[nodiscard]] int64_t elements() const { return channels * height * width; }
};

// One latent [C, H, W] -> tokens [H/2 * W/2, C * 4], row by row; token channel = c * 4 + dh * 2 + dw.
void pack_latent(std::span<const float> latent, const LatentShape& shape, std::span<float> tokens);

// The inverse of pack_latent.
void unpack_latent(std::span<const float> tokens, const LatentShape& shape, std::span<float> latent);

}  // namespace chroma
