// A linear layer's weights, panel by panel, in the type of its products.
#pragma once

#include <cstdint>

#include "ggml.h"
#include "numbers/bf16.h"
#include "onednn/aligned_buffer.h"
#include "onednn/gelu_rows.h"
#include "onednn/matmul.h"
#include "onednn/processor.h"

namespace chroma::onednn {

// y[m, n] = x[m, k] W[n, k]^T + bias
struct LinearProblem {
    const ggml_tensor* weight;  // ggml [k, n]
    const ggml_tensor* x;       // ggml [k, m...]
    const float* bias;          // null: none
    float* y;
    GeluRows gelu;  // what is wanted instead of y, of products of our own
    int64_t m;
    int64_t n;
    int64_t k;
    Arithmetic arithmetic;

    // From this row of W on.
    [[nodiscard]] const float* bias_from(int64_t row) const { return bias != nullptr ? bias + row : nullptr; }

    [[nodiscard]] DataType type() const { return arithmetic == Arithmetic::BF16 ? DataType::bf16 : DataType::f32; }
    [[nodiscard]] ggml_type ggml() const { return arithmetic == Arithmetic::BF16 ? GGML_TYPE_BF16 : GGML_TYPE_F32; }
    [[nodiscard]] size_t size() const { return ggml_type_size(ggml()); }
};

// `count` rows of W from `first`, row by row: where they are, if they have the type already, and else in the buffer.
const std::byte* plain_panel(const LinearProblem& problem, int64_t first, int64_t count, AlignedBuffer& buffer);

// Some of W.
struct Patch {
    int64_t row;
    int64_t rows;  // a multiple of kPackedColumns
    int64_t channel;
    int64_t channels;  // whole blocks
};

// The patch in bfloat16 and in the order of pack.h, in the buffer.
const bf16* packed_panel(const LinearProblem& problem, const Patch& patch, AlignedBuffer& buffer);

}  // namespace chroma::onednn
