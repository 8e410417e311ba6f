#include "nn/rope.h"

#include <cmath>

namespace chroma::nn {

namespace {

// Turns every pair (a, b) into (-b, a): ggml's rotation by a right angle, the same for all pairs. cosf of that angle is
// 4e-8, not 0, which is less than half a unit in the last place of the result.
ggml_tensor* rotate_pairs(Graph& graph, ggml_tensor* x) {
    constexpr float kRightAngle = 1.57079632679489662F;
    const int64_t tokens = x->ne[2];
    const std::string name = "rope.quarter_turn." + std::to_string(tokens);
    ggml_tensor* ones = graph.constant(name, std::vector<int32_t>(static_cast<size_t>(tokens), 1), {tokens});
    return ggml_rope_ext(graph.context(), x, ones, nullptr, static_cast<int>(x->ne[0]), GGML_ROPE_TYPE_NORMAL, 0,
                         /*freq_base=*/1.0F, /*freq_scale=*/kRightAngle, 0.0F, 1.0F, 0.0F, 0.0F);
}

}  // namespace

RopeTable rope_table(std::span<const float> ids, const RopeAxes& axes) {
    const size_t tokens = ids.size() / axes.sizes.size();
    const auto head_size = static_cast<size_t>(axes.head_size());
    RopeTable table{std::vector<float>(tokens * head_size), std::vector<float>(tokens * head_size)};
    for (size_t token = 0; token < tokens; ++token) {
        size_t channel = token * head_size;
        for (size_t axis = 0; axis < axes.sizes.size(); ++axis) {
            const double position = ids[token * axes.sizes.size() + axis];
            for (int k = 0; k < axes.sizes[axis] / 2; ++k, channel += 2) {
                const double frequency = std::pow(axes.theta, -2.0 * k / axes.sizes[axis]);
                const auto cos = static_cast<float>(std::cos(position * frequency));
                const auto sin = static_cast<float>(std::sin(position * frequency));
                table.cos[channel] = table.cos[channel + 1] = cos;
                table.sin[channel] = table.sin[channel + 1] = sin;
            }
        }
    }
    return table;
}

ggml_tensor* rope(Graph& graph, ggml_tensor* x, ggml_tensor* cos, ggml_tensor* sin) {
    ggml_context* context = graph.context();
    ggml_tensor* turned = ggml_mul_inplace(context, rotate_pairs(graph, x), sin);
    return ggml_add_inplace(context, turned, ggml_mul(context, x, cos));
}

}  // namespace chroma::nn
