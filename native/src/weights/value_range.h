// Values that are converted to another type stay finite.
#pragma once

#include <cstddef>
#include <span>

#include "weights/convert.h"

namespace chroma {

// Throws FORMAT if one of a piece's values is infinite or NaN, and INVALID_ARGUMENT if one is too large for the type
// `to` as far as the values alone tell: f16 ends at 65504, bf16 where float32 does. Says which value of which tensor.
void check_range(const ConversionPiece& piece, ggml_type to, std::span<const float> values);

// The same of what became of the values as blocks of a quantised type, whose scales are f16.
void check_blocks(const ConversionPiece& piece, ggml_type to, std::span<const float> values, const std::byte* blocks);

// The same of int8 rows.
void check_row_scales(const ConversionPiece& piece, std::span<const float> values, std::span<const float> scales);

}  // namespace chroma
