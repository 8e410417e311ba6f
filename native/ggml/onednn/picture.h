// The operations of a convolutional network on pictures that have their channels innermost, [C, W, H] in ggml's order,
// F32 or BF16: the layout in which oneDNN's convolutions are fast, and in which the pixels of an attention are tokens
// as they are. One picture at a time. Channels are a multiple of 16.
#pragma once

#include "ggml.h"

namespace chroma::onednn {

// x: float32 [W, H, C] -> [C', W, H] of `type`, C' = C with zeros up to a multiple of 16.
ggml_tensor* picture(ggml_context* context, ggml_tensor* x, ggml_type type);

// What makes x * factor + shift a GroupNorm (Wu and He 2018) of x: float32 [C, 2], factors, then shifts.
ggml_tensor* group_norm(ggml_context* context, ggml_tensor* x, ggml_tensor* scale, ggml_tensor* bias, int groups,
                        float epsilon);

// x * factor + shift, in the type of x.
ggml_tensor* normalise(ggml_context* context, ggml_tensor* x, ggml_tensor* norm);

enum class Resize { None, Double, Halve };

// A convolution with a kernel of 1x1 or 3x3, padded so that the size stays. weight: [K, K, in, out], F32, F16 or BF16;
// bias: float32 [out]. The picture may have more channels than the weight: those are zeros.
struct ConvolutionStep {
    ggml_tensor* x = nullptr;
    ggml_tensor* weight = nullptr;
    ggml_tensor* bias = nullptr;
    ggml_tensor* norm = nullptr;  // of group_norm: x is normalised and goes through swish before; null: it isn't
    // Double: every pixel four times before; Halve: stride 2, padded on the right and below.
    Resize resize = Resize::None;
};

// [out, W', H'] in the type of x.
ggml_tensor* convolution(ggml_context* context, const ConvolutionStep& step);

// The same as float32 [W', H', out].
ggml_tensor* convolution_to_planes(ggml_context* context, const ConvolutionStep& step);

// Adds it to a picture, in place.
ggml_tensor* add_convolution(ggml_context* context, ggml_tensor* picture, const ConvolutionStep& step);

}  // namespace chroma::onednn
