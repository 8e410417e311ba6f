#include "onednn/linear_int8.h"

#include <algorithm>

#include "int8/int8.h"
#include "onednn/for_panels.h"
#include "onednn/products_int8.h"
#include "onednn/scale_int8.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

// Rows of x that meet a panel at a time, so that their sums are still in the second-level cache when they are scaled.
constexpr int64_t kMostRows = 256;

// The rows of all but the last of the fewest equal shares that have no more than `most`.
int64_t even_share(int64_t rows, int64_t most) {
    const int64_t shares = (rows + most - 1) / most;
    return (rows + shares - 1) / shares;
}

// y[m, n] = x[m, k] W[n, k]^T + bias
struct Problem {
    const ggml_tensor* x;
    const int8_t* weights;
    const float* weight_scales;
    const float* bias;  // null: none
    float* y;
    int64_t m;
    int64_t n;
    int64_t k;
};

// One row of x as float32, which encode() may change.
float* to_floats(const ggml_tensor* x, int64_t row, std::vector<float>& floats) {
    const char* from = static_cast<const char*>(x->data) + static_cast<size_t>(row) * x->nb[1];
    if (x->type == GGML_TYPE_BF16) {
        ggml_bf16_to_fp32_row(reinterpret_cast<const ggml_bf16_t*>(from), floats.data(), x->ne[0]);
    } else {
        std::copy_n(reinterpret_cast<const float*>(from), x->ne[0], floats.begin());
    }
    return floats.data();
}

void encode_activations(const Problem& problem, Int8Way way, int threads, int8_t* activations, float* scales) {
    on_all_threads(threads, [&](int) {
        std::vector<float> floats(static_cast<size_t>(problem.k));
#pragma omp for schedule(static)
        for (int64_t row = 0; row < problem.m; ++row) {
            int8_t* to = activations + row * problem.k;
            scales[row] = int8::encode(to_floats(problem.x, row, floats), problem.k, to);
            if (way == Int8Way::Packed) {
                std::transform(to, to + problem.k, to,
                               [](int8_t value) { return static_cast<int8_t>(value + kPackedZero); });
            }
        }
    });
}

}  // namespace

bool supports_linear_int8(const ggml_tensor* node) {
    const ggml_tensor* weight = node->src[0];
    const ggml_tensor* x = node->src[1];
    return weight->type == GGML_TYPE_I8 && node->src[2] != nullptr && ggml_is_matrix(weight) &&
           ggml_is_contiguous(weight) && ggml_is_contiguous(x) && ggml_is_contiguous(node) &&
           (x->type == GGML_TYPE_F32 || x->type == GGML_TYPE_BF16);
}

void linear_int8(ggml_tensor* node, const ggml_tensor* bias, int threads, Int8Workspace& workspace) {
    const Problem problem{.x = node->src[1],
                          .weights = static_cast<const int8_t*>(node->src[0]->data),
                          .weight_scales = static_cast<const float*>(node->src[2]->data),
                          .bias = bias != nullptr ? static_cast<const float*>(bias->data) : nullptr,
                          .y = static_cast<float*>(node->data),
                          .m = ggml_nrows(node->src[1]),
                          .n = node->src[0]->ne[1],
                          .k = node->src[0]->ne[0]};
    const int64_t rows = even_share(problem.m, kMostRows);
    const int64_t columns = long_panel_rows(problem.n, threads);
    const Int8Way way = int8_way(rows, columns, problem.n, problem.k);
    auto* activations = workspace.activations.reserve<int8_t>(static_cast<size_t>(problem.m * problem.k));
    auto* scales = workspace.scales.reserve<float>(static_cast<size_t>(problem.m));
    encode_activations(problem, way, threads, activations, scales);

    workspace.panels.resize(std::max(workspace.panels.size(), static_cast<size_t>(threads)));
    for_panels(problem.n, columns, threads, [&](int thread, int64_t first, int64_t count) {
        Int8Panel& panel = workspace.panels[static_cast<size_t>(thread)];
        panel.take(problem.weights + first * problem.k, count, problem.k, rows, way);
        const ColumnScales scaling{.scales = problem.weight_scales + first,
                                   .zeros = panel.zeros(),
                                   .bias = problem.bias != nullptr ? problem.bias + first : nullptr,
                                   .columns = count};
        for (int64_t row = 0; row < problem.m; row += rows) {
            const int64_t some = std::min(rows, problem.m - row);
            const int32_t* sums = panel.multiply(activations + row * problem.k, some);
            scale_int8(scaling, scales + row, some, sums, problem.y + row * problem.n + first, problem.n);
        }
    });
}

}  // namespace chroma::onednn
