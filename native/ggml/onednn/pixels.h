// Loops over the pixels of pictures that have their channels innermost: [C, W, H] in ggml's order, F32 or BF16.
#pragma once

#include <cstdint>

#include "ggml.h"

namespace chroma::onednn {

// y = x * factor + shift for each channel, then y / (1 + e^-y) if swish. C is a multiple of 16.
struct ChannelTransform {
    const float* factor;
    const float* shift;
    bool swish;
};
void transform_pixels(ggml_type type, const void* x, int64_t pixels, int64_t channels, const ChannelTransform& by,
                      void* y);

// Adds up each channel's values and their squares. C is a multiple of 16.
void add_moments(ggml_type type, const void* x, int64_t pixels, int64_t channels, double* sums, double* squares);

// Channels `plane` floats apart to channels side by side, with zeros up to `padded` channels.
void interleave(const float* x, int64_t plane, int64_t pixels, int64_t channels, int64_t padded, ggml_type type,
                void* y);

// The way back, of float32.
void separate(const float* x, int64_t pixels, int64_t channels, int64_t plane, float* y);

}  // namespace chroma::onednn
