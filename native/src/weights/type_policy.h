// Which type a weight gets, from what it is for, how it is stored and what was asked for.
#pragma once

#include "weights/checkpoint.h"

namespace chroma {

struct TypePolicy {
    chroma_type type = CHROMA_TYPE_STORED;
    bool convert_approximator = false;
    bool convolves_bf16 = false;  // the engine multiplies bfloat16 weights of convolutions; else they become float32

    // Throws INVALID_ARGUMENT unless the type is STORED, F32, F16, BF16, INT8 or a quantised type that can be written.
    void check() const;

    // Throws UNSUPPORTED for int8 rows that should become something else.
    void check_source(const WholeTensor& whole) const;

    // natural: what keeps the stored values (natural_type()). row: elements of a row.
    [[nodiscard]] ggml_type in_memory(WeightKind kind, ggml_type natural, int64_t row) const;
    [[nodiscard]] ggml_type in_file(WeightKind kind, ggml_type natural, int64_t row) const;
};

// The type, or where rows are not made of its blocks, the nearest that fits: K-quants give way to q8_0, then f16.
[[nodiscard]] ggml_type fit_to_row(ggml_type type, int64_t row);

}  // namespace chroma
