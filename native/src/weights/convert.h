// From stored elements to the type wanted in memory or in another file.
#pragma once

#include <cstdint>
#include <vector>

#include "ggml.h"
#include "weights/checkpoint.h"

namespace chroma {

// A contiguous run of one stored tensor's elements on the way to another type. Runs start at multiples of every type's
// block, so that they may be converted in any order, by any thread, with the same result.
struct ConversionPiece {
    const StoredTensor* from = nullptr;
    const StoredTensor* scale = nullptr;  // of scaled float8; null: nothing is multiplied in
    int64_t first = 0;                    // element of `from`
    int64_t count = 0;
    int64_t target_bytes = 0;  // where the piece goes, from the start of the whole tensor
};

// Cuts a whole tensor, as type `to`, into pieces.
[[nodiscard]] std::vector<ConversionPiece> cut(const WholeTensor& whole, ggml_type to);

// Cuts a whole matrix into pieces of whole rows of that many elements, for int8 rows.
[[nodiscard]] std::vector<ConversionPiece> cut_rows(const WholeTensor& whole, int64_t row);

// Writes a piece as `to`. The target is aligned for that type. Unless that is a mere copy, throws FORMAT if a value is
// infinite or NaN, and INVALID_ARGUMENT if one is too large for the type (value_range.h).
void convert(const ConversionPiece& piece, ggml_type to, std::byte* target);

// Writes a piece of whole rows as int8 rows (int8/int8.h) with their scales. Throws as convert() does.
void convert_to_int8(const ConversionPiece& piece, int64_t row, int8_t* target, float* scales);

// Writes a run of a stored tensor's elements as float32, unscaled.
void convert_to_float(const StoredTensor& tensor, int64_t first, int64_t count, float* values);

// True if the stored bytes are what `to` means, so that conversion is a copy. Int8 rows are, and so are their scales.
[[nodiscard]] bool is_copy(const WholeTensor& whole, ggml_type to);

// The type that keeps what is stored: itself, or for what ggml can't compute with the smallest that holds every value.
[[nodiscard]] ggml_type natural_type(const WholeTensor& whole);

// Throws MISSING_TENSOR, TENSOR_SHAPE or UNSUPPORTED if a tensor's values can't serve as weights.
void check_usable(const Checkpoint& checkpoint, const WholeTensor& whole);

}  // namespace chroma
