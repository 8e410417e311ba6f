// transform_pixels with AVX-512's bf16 conversion, for processors that have it.
#pragma once

#include <cstdint>

#include "onednn/pixels.h"

namespace chroma::onednn {

void transform_pixels_bf16(const uint16_t* x, int64_t pixels, int64_t channels, const ChannelTransform& by,
                           uint16_t* y);

}  // namespace chroma::onednn
