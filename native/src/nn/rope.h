// Rotary position embedding over adjacent channel pairs, one axis of the head per coordinate (Su et al. 2021; FLUX's
// layout).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace chroma::nn {

struct RopeAxes {
    std::array<int, 3> sizes{16, 56, 56};  // channels for text, row and column; their sum is the head size, each even
    double theta = 10000.0;

    [[nodiscard]] int head_size() const { return sizes[0] + sizes[1] + sizes[2]; }
};

// Cosines and sines of each token, angles in float64 and rounded once. Both channels of a pair hold the pair's value,
// so that rope(x) = x * cos + turn(x) * sin, where turn makes (-b, a) of each pair (a, b).
struct RopeTable {
    std::vector<float> cos;  // [N * D]
    std::vector<float> sin;  // [N * D]
};

// ids: [N, 3] (text, row, column)
[[nodiscard]] RopeTable rope_table(std::span<const float> ids, const RopeAxes& axes);

// x: ggml [D, H, N]; cos, sin: ggml [D, 1, N] from rope_table.
ggml_tensor* rope(Graph& graph, ggml_tensor* x, ggml_tensor* cos, ggml_tensor* sin);

}  // namespace chroma::nn
