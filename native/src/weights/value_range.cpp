#include "weights/value_range.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/finite.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

constexpr float kLargestHalf = 65504.0F;

// From here on values round to infinity.
constexpr float kHalfInfinity = 65520.0F;
constexpr float kBfloat16Infinity = 0x1.ffp127F;

// No block of a quantised type reaches this, and below it ggml's quantisers don't overflow themselves.
constexpr float kNoBlock = 0x1p28F;

// The usual name: "q6_k", "int8".
std::string name_of(ggml_type type) {
    std::string name = type == GGML_TYPE_I8 ? "int8" : ggml_type_name(type);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

[[noreturn]] void fail_not_finite(const ConversionPiece& piece, ggml_type to) {
    fail(CHROMA_ERROR_FORMAT, "'", piece.from->file, "' has infinite or undefined values in the tensor '",
         printable(piece.from->name), "', which can't be converted to ", name_of(to), ".");
}

[[noreturn]] void fail_too_large(const ConversionPiece& piece, ggml_type to, double value) {
    const char* const better = to == GGML_TYPE_F32    ? "scale it in the program that made it"
                               : to == GGML_TYPE_BF16 ? "use f32, or keep the stored type"
                                                      : "use bf16 or f32, or keep the stored type";
    fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", piece.from->file, "' has the value ", value, " in the tensor '",
         printable(piece.from->name), "', which is too large for the type ", name_of(to),
         to == GGML_TYPE_F16 ? " (65504 at most)" : "", "; ", better, ".");
}

float largest_of(std::span<const float> values) {
    const auto less = [](float a, float b) { return std::fabs(a) < std::fabs(b); };
    return *std::max_element(values.begin(), values.end(), less);
}

// A number of float64 that float32 has no room for, if that is what made one of the values infinite.
const double* too_large_double(const ConversionPiece& piece, std::span<const float> values, double& value) {
    if (piece.from->type.ggml != GGML_TYPE_F64) {
        return nullptr;
    }
    const auto bad = std::find_if(values.begin(), values.end(), [](float each) { return !std::isfinite(each); });
    const auto element = piece.first + (bad - values.begin());
    std::memcpy(&value, piece.from->data.data() + piece.from->type.bytes(element), sizeof(value));
    return std::isfinite(value) ? &value : nullptr;
}

}  // namespace

void check_range(const ConversionPiece& piece, ggml_type to, std::span<const float> values) {
    const auto largest = std::bit_cast<float>(largest_magnitude_bits(values));
    if (!std::isfinite(largest)) {
        double value = 0;
        if (too_large_double(piece, values, value) != nullptr) {
            fail_too_large(piece, GGML_TYPE_F32, value);
        }
        fail_not_finite(piece, to);
    }
    const float end = to == GGML_TYPE_F16     ? kHalfInfinity
                      : to == GGML_TYPE_BF16  ? kBfloat16Infinity
                      : ggml_is_quantized(to) ? kNoBlock
                                              : INFINITY;
    if (largest >= end) {
        fail_too_large(piece, to, largest_of(values));
    }
}

void check_blocks(const ConversionPiece& piece, ggml_type to, std::span<const float> values, const std::byte* blocks) {
    // A scale is at most as large as the largest value of its block.
    if (std::bit_cast<float>(largest_magnitude_bits(values)) <= kLargestHalf) {
        return;
    }
    std::vector<float> decoded(values.size());
    ggml_get_type_traits(to)->to_float(blocks, decoded.data(), static_cast<int64_t>(decoded.size()));
    if (!all_finite(decoded)) {
        fail_too_large(piece, to, largest_of(values));
    }
}

void check_row_scales(const ConversionPiece& piece, std::span<const float> values, std::span<const float> scales) {
    if (!all_finite(scales)) {
        fail_too_large(piece, GGML_TYPE_I8, largest_of(values));
    }
}

}  // namespace chroma
