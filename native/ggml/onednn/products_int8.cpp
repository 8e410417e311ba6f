#include "onednn/products_int8.h"

#include <algorithm>

#include "onednn/pack_int8.h"
#include "onednn/processor.h"

namespace chroma::onednn {

namespace {

MatmulShape shape_of(int64_t rows, int64_t columns, int64_t k, Int8Way way) {
    const bool floats = way == Int8Way::Floats;
    const bool packed = way == Int8Way::Packed;
    return {.m = rows,
            .n = columns,
            .k = k,
            .lda = k,
            .ldb = k,
            .ldc = columns,
            .a = floats   ? DataType::f32
                 : packed ? DataType::u8
                          : DataType::s8,
            .b = floats ? DataType::f32 : DataType::s8,
            .c = floats ? DataType::f32 : DataType::s32,
            .packed = packed};
}

const float* to_floats(const int8_t* values, int64_t count, AlignedBuffer& buffer) {
    auto* floats = buffer.reserve<float>(static_cast<size_t>(count));
    std::transform(values, values + count, floats, [](int8_t value) { return static_cast<float>(value); });
    return floats;
}

}  // namespace

Int8Way int8_way(int64_t rows, int64_t columns, int64_t n, int64_t k) {
    if (!has_vnni()) {
        return Int8Way::Floats;
    }
    const bool packs = can_pack_int8(n, k) && Matmul::prefers_packed(shape_of(rows, columns, k, Int8Way::Packed));
    return packs ? Int8Way::Packed : Int8Way::Plain;
}

void Int8Panel::take(const int8_t* weights, int64_t count, int64_t k, int64_t rows, Int8Way way) {
    way_ = way;
    count_ = count;
    k_ = k;
    rows_ = rows;
    weights_ = weights;
    zeros_ = nullptr;
    if (way == Int8Way::Packed) {
        auto* panel = panel_.reserve<int8_t>(static_cast<size_t>(count * k));
        auto* sums = row_sums_.reserve<int32_t>(static_cast<size_t>(count));
        pack_int8(weights, count, k, panel, sums);
        std::transform(sums, sums + count, sums, [](int32_t sum) { return sum * kPackedZero; });
        weights_ = panel;
        zeros_ = sums;
    } else if (way == Int8Way::Floats) {
        weights_ = to_floats(weights, count * k, panel_);
    }
}

const int32_t* Int8Panel::multiply(const int8_t* activations, int64_t rows) {
    auto* sums = sums_.reserve<int32_t>(static_cast<size_t>(rows * count_));
    Matmul& matmul = (rows == rows_ ? usual_ : other_).with(shape_of(rows, count_, k_, way_));
    if (way_ == Int8Way::Floats) {
        matmul.execute(to_floats(activations, rows * k_, activations_), weights_, sums);
        const auto* floats = reinterpret_cast<const float*>(sums);
        std::transform(floats, floats + rows * count_, sums, [](float sum) { return static_cast<int32_t>(sum); });
    } else {
        matmul.execute(activations, weights_, sums);
    }
    return sums;
}

}  // namespace chroma::onednn
