#include "onednn/linear_int8.h"

#include <algorithm>

#include "numbers/padded.h"
#include "onednn/encode_int8.h"
#include "onednn/for_panels.h"
#include "onednn/pack_int8.h"
#include "onednn/products_int8.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

// y[m, n] = x[m, k] W[n, k]^T + bias
struct Problem {
    const ggml_tensor* x;
    const int8_t* weights;
    const float* weight_scales;
    const float* bias;  // null: none
    float* y;
    GeluRows gelu;  // what is wanted instead of y, of products of our own
    int64_t m;
    int64_t n;
    int64_t k;
};

// x as int8, or as what VNNI multiplies; one scale for each row.
void encode_activations(const Problem& problem, bool to_unsigned, int threads, int8_t* activations, float* scales) {
    on_all_threads(threads, [&](int) {
        std::vector<float> floats(static_cast<size_t>(problem.k));
#pragma omp for schedule(static)
        for (int64_t row = 0; row < problem.m; ++row) {
            scales[row] = encode_int8(problem.x, row, to_unsigned, floats.data(), activations + row * problem.k);
        }
    });
}

// Each panel of W meets all of x, some rows of it at a time, so that their sums are still in the second-level cache
// when they are scaled.
void product(const Problem& problem, const int8_t* activations, const float* scales, int threads,
             Int8Workspace& workspace) {
    constexpr int64_t kMostColumns = 768;
    constexpr int64_t kMostRows = 256;
    const int64_t rows = even_share(problem.m, kMostRows);
    const int64_t columns = long_panel_rows(problem.n, threads, kMostColumns);
    for_panels(problem.n, columns, threads, [&](int thread, int64_t first, int64_t count) {
        Int8Panel& panel = workspace.threads[static_cast<size_t>(thread)].panel;
        panel.take(problem.weights + first * problem.k, count, problem.k);
        for (int64_t row = 0; row < problem.m; row += rows) {
            const int64_t some = std::min(rows, problem.m - row);
            const int32_t* sums = panel.multiply(activations + row * problem.k, some);
            for (int64_t i = 0; i < some; ++i) {
                float* y = problem.y + (row + i) * problem.n + first;
                for (int64_t j = 0; j < count; ++j) {
                    y[j] =
                        static_cast<float>(sums[i * count + j]) * (scales[row + i] * problem.weight_scales[first + j]);
                }
                for (int64_t j = 0; j < count && problem.bias != nullptr; ++j) {
                    y[j] += problem.bias[first + j];
                }
            }
        }
    });
}

// The same with products of our own: each panel is packed in their order, some channels at a time.
void own_product(const Problem& problem, const uint8_t* activations, const float* scales, int threads,
                 Int8Workspace& workspace) {
    constexpr int64_t kMostColumns = 384;
    constexpr int64_t kMostChannels = 6144;  // 64 columns of them are 384 kB
    const int64_t columns = long_panel_rows(problem.n, threads, kMostColumns);
    const int64_t channels = padded(even_share(problem.k, kMostChannels), kPackedInt8Rows);
    for_panels(problem.n, columns, threads, [&](int thread, int64_t first, int64_t count) {
        Int8Workspace::Thread& own = workspace.threads[static_cast<size_t>(thread)];
        auto* sums = own.weight_sums.reserve<int32_t>(static_cast<size_t>(count));
        std::fill_n(sums, count, 0);
        for (int64_t channel = 0; channel < problem.k; channel += channels) {
            const int64_t some = std::min(channels, problem.k - channel);
            auto* panel = own.packed.reserve<int8_t>(static_cast<size_t>(count * some));
            pack_int8(problem.weights + first * problem.k + channel, problem.k, count, some, panel, sums);
            multiply_int8({.x = activations + channel,
                           .x_stride = problem.k,
                           .rows = problem.m,
                           .channels = some,
                           .first = channel == 0,
                           .last = channel + some == problem.k,
                           .scales = {.rows = scales,
                                      .columns = problem.weight_scales + first,
                                      .weight_sums = sums,
                                      .bias = problem.bias != nullptr ? problem.bias + first : nullptr},
                           .y = problem.y + first,
                           .y_stride = problem.n,
                           .gelu = problem.gelu.from(first),
                           .past_caches = past_caches(problem.m * problem.n, problem.gelu.result_size())},
                          panel, count);
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

namespace {

bool has_own_product(const ggml_tensor* node) {
    return has_products_int8() && can_pack_int8(node->src[0]->ne[1], node->src[0]->ne[0]);
}

}  // namespace

bool linear_int8_ends_in_gelu(const ggml_tensor* node) {
    return has_own_product(node);
}

void linear_int8(ggml_tensor* node, const LinearEnd& end, int threads, Int8Workspace& workspace) {
    const Problem problem{.x = node->src[1],
                          .weights = static_cast<const int8_t*>(node->src[0]->data),
                          .weight_scales = static_cast<const float*>(node->src[2]->data),
                          .bias = end.bias_values(),
                          .y = static_cast<float*>(node->data),
                          .gelu = end.gelu_rows(),
                          .m = ggml_nrows(node->src[1]),
                          .n = node->src[0]->ne[1],
                          .k = node->src[0]->ne[0]};
    const bool own = has_own_product(node);
    auto* activations = workspace.activations.reserve<int8_t>(static_cast<size_t>(problem.m * problem.k));
    auto* scales = workspace.scales.reserve<float>(static_cast<size_t>(problem.m));
    if (workspace.given != problem.x) {
        encode_activations(problem, own, threads, activations, scales);
        workspace.given = own ? problem.x : nullptr;
    }

    workspace.threads.resize(std::max(workspace.threads.size(), static_cast<size_t>(threads)));
    if (own) {
        own_product(problem, reinterpret_cast<const uint8_t*>(activations), scales, threads, workspace);
    } else {
        product(problem, activations, scales, threads, workspace);
    }
}

}  // namespace chroma::onednn
