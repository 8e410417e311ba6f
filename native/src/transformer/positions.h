// Where tokens stand: (text, row, column) of each. Text tokens all stand at zero.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"
#include "nn/rope.h"
#include "transformer/packing.h"

namespace chroma {

inline constexpr int64_t kPositionAxes = 3;

// [tokens, 3], all zero.
[[nodiscard]] std::vector<float> text_ids(int64_t tokens);

// [H/2 * W/2, 3]: (0, row, column) of each patch.
[[nodiscard]] std::vector<float> image_ids(const LatentShape& shape);

// The table as flow's EmbedND gives it: [N, D/2, 2, 2], each pair's [[cos, -sin], [sin, cos]].
[[nodiscard]] std::vector<float> rope_matrices(const nn::RopeTable& table);

// The rotations of the tokens of one graph, ggml [D, 1, N] each.
struct RopeTensors {
    ggml_tensor* cos;
    ggml_tensor* sin;

    // ids: [N, 3]
    RopeTensors(Graph& graph, const std::vector<float>& ids, const nn::RopeAxes& axes);
};

}  // namespace chroma
