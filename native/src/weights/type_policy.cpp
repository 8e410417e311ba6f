#include "weights/type_policy.h"

#include "common/error.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

bool is_float(ggml_type type) {
    return type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16;
}

}  // namespace

void TypePolicy::check() const {
    const ggml_type wanted = to_ggml_type(type);
    const bool possible = type == CHROMA_TYPE_STORED || type == CHROMA_TYPE_INT8 ||
                          (wanted != GGML_TYPE_COUNT && (is_float(wanted) || ggml_is_quantized(wanted)));
    if (!possible) {
        const char* name = type_name(type);
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "Weights can't be converted to the type ",
             name == nullptr ? std::to_string(static_cast<int>(type)) : text("'", name, "'"),
             "; f32, f16, bf16, int8, q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1, q4_0, q3_k and q2_k are possible.");
    }
}

void TypePolicy::check_source(const WholeTensor& whole) const {
    const StoredTensor& part = *whole.parts[0];
    if (part.type.type == CHROMA_TYPE_INT8 && type != CHROMA_TYPE_STORED && type != CHROMA_TYPE_INT8) {
        fail(CHROMA_ERROR_UNSUPPORTED, "'", part.file, "' stores the tensor '", printable(part.name),
             "' as int8 rows, which can't be converted to ", type_name(type),
             "; use the file that they were made from.");
    }
}

ggml_type TypePolicy::in_memory(WeightKind kind, ggml_type natural, int64_t row) const {
    const ggml_type type = in_file(kind, natural, row);
    switch (kind) {
        case WeightKind::Vector:
            return GGML_TYPE_F32;
        case WeightKind::Convolution:
            return type == GGML_TYPE_F16 || (type == GGML_TYPE_BF16 && convolves_bf16) ? type : GGML_TYPE_F32;
        default:
            return type;
    }
}

ggml_type TypePolicy::in_file(WeightKind kind, ggml_type natural, int64_t row) const {
    const ggml_type wanted = type == CHROMA_TYPE_STORED ? natural : to_ggml_type(type);
    if (wanted == GGML_TYPE_F32) {
        return GGML_TYPE_F32;
    }
    switch (kind) {
        case WeightKind::Vector:
            return is_float(natural) ? natural : GGML_TYPE_F32;
        case WeightKind::Approximator:
            return convert_approximator && wanted != GGML_TYPE_I8 ? fit_to_row(wanted, row) : natural;
        case WeightKind::Edge:
        case WeightKind::Convolution:
            return is_float(wanted) && is_float(natural) ? wanted : natural;
        case WeightKind::Embedding:
            return wanted == GGML_TYPE_I8 ? natural : fit_to_row(wanted, row);  // looked up, not multiplied
        default:
            return fit_to_row(wanted, row);
    }
}

ggml_type fit_to_row(ggml_type type, int64_t row) {
    if (row % ggml_blck_size(type) == 0) {
        return type;
    }
    return row % ggml_blck_size(GGML_TYPE_Q8_0) == 0 ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
}

}  // namespace chroma
