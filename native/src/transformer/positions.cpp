#include "transformer/positions.h"

namespace chroma {

std::vector<float> text_ids(int64_t tokens) {
    std::vector<float> ids(static_cast<size_t>(tokens * kPositionAxes), 0.0F);
    return ids;
}

std::vector<float> image_ids(const LatentShape& shape) {
    std::vector<float> ids;
    ids.reserve(static_cast<size_t>(shape.tokens() * kPositionAxes));
    for (int64_t row = 0; row < shape.token_rows(); ++row) {
        for (int64_t column = 0; column < shape.token_columns(); ++column) {
            ids.insert(ids.end(), {0.0F, static_cast<float>(row), static_cast<float>(column)});
        }
    }
    return ids;
}

std::vector<float> rope_matrices(const nn::RopeTable& table) {
    std::vector<float> matrices(2 * table.cos.size());
    for (size_t channel = 0; channel < table.cos.size(); channel += 2) {
        const float cos = table.cos[channel];
        const float sin = table.sin[channel];
        float* matrix = matrices.data() + 2 * channel;
        matrix[0] = cos;
        matrix[1] = -sin;
        matrix[2] = sin;
        matrix[3] = cos;
    }
    return matrices;
}

RopeTensors::RopeTensors(Graph& graph, const std::vector<float>& ids, const nn::RopeAxes& axes) {
    const nn::RopeTable table = nn::rope_table(ids, axes);
    const std::vector<int64_t> ne = {axes.head_size(), 1, static_cast<int64_t>(ids.size()) / kPositionAxes};
    cos = graph.constant("rope.cos", table.cos, ne);
    sin = graph.constant("rope.sin", table.sin, ne);
}

}  // namespace chroma
