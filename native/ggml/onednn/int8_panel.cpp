#include "onednn/int8_panel.h"

#include <algorithm>

#include "onednn/matmul.h"
#include "onednn/processor.h"

namespace chroma::onednn {

namespace {

const float* to_floats(const int8_t* values, int64_t count, AlignedBuffer& buffer) {
    auto* floats = buffer.reserve<float>(static_cast<size_t>(count));
    std::transform(values, values + count, floats, [](int8_t value) { return static_cast<float>(value); });
    return floats;
}

}  // namespace

void Int8Panel::take(const int8_t* weights, int64_t count, int64_t k) {
    count_ = count;
    k_ = k;
    weights_ = has_vnni() ? static_cast<const void*>(weights) : to_floats(weights, count * k, floats_);
}

const int32_t* Int8Panel::multiply(const int8_t* activations, int64_t rows) {
    const bool whole = has_vnni();
    auto* sums = sums_.reserve<int32_t>(static_cast<size_t>(rows * count_));
    Matmul& matmul = matmul_.with({.m = rows,
                                   .n = count_,
                                   .k = k_,
                                   .lda = k_,
                                   .ldb = k_,
                                   .ldc = count_,
                                   .a = whole ? DataType::s8 : DataType::f32,
                                   .b = whole ? DataType::s8 : DataType::f32,
                                   .c = whole ? DataType::s32 : DataType::f32});
    if (whole) {
        matmul.execute(activations, weights_, sums);
    } else {
        matmul.execute(to_floats(activations, rows * k_, activations_), weights_, sums);
        const auto* floats = reinterpret_cast<const float*>(sums);
        std::transform(floats, floats + rows * count_, sums, [](float sum) { return static_cast<int32_t>(sum); });
    }
    return sums;
}

}  // namespace chroma::onednn
