// What follows a linear layer and is done as its results are stored.
#pragma once

#include "ggml.h"
#include "onednn/elementwise.h"
#include "onednn/gelu_rows.h"

namespace chroma::onednn {

struct LinearEnd {
    const ggml_tensor* bias = nullptr;  // ggml [out]; null: none
    const ggml_tensor* gelu = nullptr;  // of the sums: a bfloat16 gelu_tanh() that is written instead; null: none

    [[nodiscard]] const float* bias_values() const {
        return bias != nullptr ? static_cast<const float*>(bias->data) : nullptr;
    }

    [[nodiscard]] GeluRows gelu_rows() const {
        return gelu != nullptr ? GeluRows{static_cast<bf16*>(gelu->data) + gelu_room(gelu), gelu->ne[0]} : GeluRows{};
    }
};

}  // namespace chroma::onednn
