// Encoder and decoder on oneDNN's convolutions: the same functions as forward() of the modules, on pictures that have
// their channels innermost, in the type in which the weights are multiplied. Norm, swish and enlargement are done where
// a convolution reads its input, bias and residual where it writes its output, so that each layer goes through the
// memory once. Nothing in between has the form that taps show.
#pragma once

#include "autoencoder/decoder.h"
#include "autoencoder/encoder.h"

namespace chroma::autoencoder {

// z: ggml [W, H, latent channels] float32 -> [8W, 8H, 3]
[[nodiscard]] ggml_tensor* decode_picture(Graph& graph, const Decoder& decoder, ggml_tensor* z);

// x: ggml [W, H, 3] float32 -> moments [W/8, H/8, 2 * latent channels]
[[nodiscard]] ggml_tensor* encode_picture(Graph& graph, const Encoder& encoder, ggml_tensor* x);

}  // namespace chroma::autoencoder
