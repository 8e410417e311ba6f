#include "weights/convert.h"

#include <algorithm>
#include <cstring>

#include "common/error.h"
#include "int8/int8.h"
#include "weights/utf8.h"
#include "weights/value_range.h"

namespace chroma {

namespace {

constexpr int64_t kPieceElements = 1 << 18;  // a multiple of every block
constexpr int64_t kPieceRows = 64;
constexpr size_t kStrictestAlignment = 8;

bool is_aligned(const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer) % kStrictestAlignment == 0;
}

bool is_float8(const StoredTensor& tensor) {
    return tensor.type.type == CHROMA_TYPE_F8_E4M3 || tensor.type.type == CHROMA_TYPE_F8_E5M2;
}

void apply_scale(const ConversionPiece& piece, std::vector<float>& values) {
    std::vector<float> factors(static_cast<size_t>(element_count(piece.scale->shape)));
    convert_to_float(*piece.scale, 0, static_cast<int64_t>(factors.size()), factors.data());
    const int64_t per_factor = element_count(piece.from->shape) / static_cast<int64_t>(factors.size());
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] *= factors[static_cast<size_t>((piece.first + static_cast<int64_t>(i)) / per_factor)];
    }
}

// The piece's values, scaled.
std::vector<float> floats_of(const ConversionPiece& piece) {
    std::vector<float> values(static_cast<size_t>(piece.count));
    convert_to_float(*piece.from, piece.first, piece.count, values.data());
    if (piece.scale != nullptr) {
        apply_scale(piece, values);
    }
    return values;
}

// To float32 in place, a part at a time that is still in the nearest cache when it is checked.
void widen(const ConversionPiece& piece, float* values) {
    constexpr int64_t kAtOnce = 1 << 12;  // a multiple of every block
    for (int64_t done = 0; done < piece.count; done += kAtOnce) {
        const ConversionPiece part{
            .from = piece.from, .first = piece.first + done, .count = std::min(kAtOnce, piece.count - done)};
        convert_to_float(*part.from, part.first, part.count, values + done);
        check_range(part, GGML_TYPE_F32, {values + done, static_cast<size_t>(part.count)});
    }
}

void quantize(const ConversionPiece& piece, ggml_type to, const std::vector<float>& values, std::byte* target) {
    ggml_quantize_chunk(to, values.data(), target, 0, 1, static_cast<int64_t>(values.size()), nullptr);
    check_blocks(piece, to, values, target);
}

}  // namespace

void convert_to_float(const StoredTensor& tensor, int64_t first, int64_t count, float* values) {
    const std::byte* from = tensor.data.data() + tensor.type.bytes(first);
    std::vector<std::byte> aligned;
    if (!is_aligned(from)) {
        aligned.assign(from, from + tensor.type.bytes(count));
        from = aligned.data();
    }
    tensor.type.to_float(from, values, count);
}

std::vector<ConversionPiece> cut(const WholeTensor& whole, ggml_type to) {
    std::vector<ConversionPiece> pieces;
    int64_t before = 0;
    for (size_t part = 0; part < whole.parts.size(); ++part) {
        const StoredTensor* from = whole.parts[part];
        const StoredTensor* scale = to == GGML_TYPE_I8 ? nullptr : whole.scales[part];  // int8 rows keep theirs
        const int64_t elements = element_count(from->shape);
        for (int64_t first = 0; first < elements; first += kPieceElements) {
            const int64_t count = std::min(kPieceElements, elements - first);
            pieces.push_back({from, scale, first, count, static_cast<int64_t>(ggml_row_size(to, before + first))});
        }
        before += elements;
    }
    return pieces;
}

std::vector<ConversionPiece> cut_rows(const WholeTensor& whole, int64_t row) {
    std::vector<ConversionPiece> pieces;
    int64_t before = 0;
    for (size_t part = 0; part < whole.parts.size(); ++part) {
        const int64_t elements = element_count(whole.parts[part]->shape);
        for (int64_t first = 0; first < elements; first += kPieceRows * row) {
            pieces.push_back({whole.parts[part], whole.scales[part], first,
                              std::min(kPieceRows * row, elements - first), before + first});
        }
        before += elements;
    }
    return pieces;
}

void convert(const ConversionPiece& piece, ggml_type to, std::byte* target) {
    const StoredType& type = piece.from->type;
    if (type.ggml == to && piece.scale == nullptr) {
        std::memcpy(target, piece.from->data.data() + type.bytes(piece.first),
                    static_cast<size_t>(type.bytes(piece.count)));
        return;
    }
    if (to == GGML_TYPE_F32 && piece.scale == nullptr) {
        widen(piece, reinterpret_cast<float*>(target));
        return;
    }
    const std::vector<float> values = floats_of(piece);
    check_range(piece, to, values);
    switch (to) {
        case GGML_TYPE_F32:
            std::memcpy(target, values.data(), values.size() * sizeof(float));
            break;
        case GGML_TYPE_F16:
            ggml_fp32_to_fp16_row(values.data(), reinterpret_cast<ggml_fp16_t*>(target), piece.count);
            break;
        case GGML_TYPE_BF16:
            // The reference rounding: the same on every processor.
            ggml_fp32_to_bf16_row_ref(values.data(), reinterpret_cast<ggml_bf16_t*>(target), piece.count);
            break;
        default:
            quantize(piece, to, values, target);
            break;
    }
}

void convert_to_int8(const ConversionPiece& piece, int64_t row, int8_t* target, float* scales) {
    std::vector<float> values = floats_of(piece);
    check_range(piece, GGML_TYPE_I8, values);
    for (int64_t i = 0; i < piece.count / row; ++i) {
        scales[i] = int8::encode(values.data() + i * row, row, target + i * row);
    }
    check_row_scales(piece, values, {scales, static_cast<size_t>(piece.count / row)});
}

bool is_copy(const WholeTensor& whole, ggml_type to) {
    for (size_t i = 0; i < whole.parts.size(); ++i) {
        if (whole.parts[i]->type.ggml != to || (to != GGML_TYPE_I8 && whole.scales[i] != nullptr)) {
            return false;
        }
    }
    return true;
}

ggml_type natural_type(const WholeTensor& whole) {
    const auto of_part = [](const StoredTensor& part) {
        if (part.type.ggml == GGML_TYPE_F64) {
            return GGML_TYPE_F32;
        }
        // Both float8 formats are exact in BF16, whose range also takes any scale.
        return is_float8(part) ? GGML_TYPE_BF16 : part.type.ggml;
    };
    const ggml_type first = of_part(*whole.parts[0]);
    const bool alike = std::all_of(whole.parts.begin(), whole.parts.end(),
                                   [&](const StoredTensor* part) { return of_part(*part) == first; });
    return alike ? first : GGML_TYPE_F32;
}

void check_usable(const Checkpoint& checkpoint, const WholeTensor& whole) {
    if (!whole.problem.empty()) {
        fail(whole.problem_kind, "'", checkpoint.path(), "' can't give the tensor '", printable(whole.name),
             "': ", whole.problem, ".");
    }
    for (const StoredTensor* part : whole.parts) {
        if (!part->type.is_weight()) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", part->file, "' stores the tensor '", printable(part->name), "' as ",
                 part->type.text,
                 ", which no weight can be read from (an integer quantisation of another program?); floating point and "
                 "ggml's "
                 "quantised types are supported.");
        }
    }
}

}  // namespace chroma
