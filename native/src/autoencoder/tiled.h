// Encoder and decoder on large pictures, tile by tile (see tiled_pass.h).
#pragma once

#include "autoencoder/decoder.h"
#include "autoencoder/encoder.h"
#include "autoencoder/tiled_pass.h"

namespace chroma::autoencoder {

// latent: [latent channels, h, w]; image: [3, 8h, 8w]. tile: the side of a tile in latent pixels.
// The smallest size, with its attention over all pixels, runs in one piece.
void decode_tiled(const Decoder& decoder, TiledRun& run, int64_t tile, const Plane& latent, Plane& image);

// image: [3, 8h, 8w]; moments: [2 * latent channels, h, w].
void encode_tiled(const Encoder& encoder, TiledRun& run, int64_t tile, const Plane& image, Plane& moments);

}  // namespace chroma::autoencoder
