#include "onednn/linear_int8.h"

#include <algorithm>
#include <vector>

#include "int8/int8.h"
#include "onednn/for_panels.h"
#include "onednn/matmul.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

// One row of x as float32, which encode() may change.
const float* to_floats(const ggml_tensor* x, int64_t row, std::vector<float>& floats) {
    const char* from = static_cast<const char*>(x->data) + static_cast<size_t>(row) * x->nb[1];
    if (x->type == GGML_TYPE_BF16) {
        ggml_bf16_to_fp32_row(reinterpret_cast<const ggml_bf16_t*>(from), floats.data(), x->ne[0]);
    } else {
        std::copy_n(reinterpret_cast<const float*>(from), x->ne[0], floats.begin());
    }
    return floats.data();
}

}  // namespace

bool supports_linear_int8(const ggml_tensor* node) {
    const ggml_tensor* weight = node->src[0];
    const ggml_tensor* x = node->src[1];
    return weight->type == GGML_TYPE_I8 && node->src[2] != nullptr && ggml_is_matrix(weight) &&
           ggml_is_contiguous(weight) && ggml_is_contiguous(x) && ggml_is_contiguous(node) &&
           (x->type == GGML_TYPE_F32 || x->type == GGML_TYPE_BF16);
}

void linear_int8(ggml_tensor* node, const ggml_tensor* bias_tensor, int threads, Int8Workspace& workspace) {
    const ggml_tensor* weight = node->src[0];
    const ggml_tensor* x = node->src[1];
    const int64_t k = weight->ne[0];
    const int64_t n = weight->ne[1];
    const int64_t m = ggml_nrows(x);
    const auto* weights = static_cast<const int8_t*>(weight->data);
    const auto* weight_scales = static_cast<const float*>(node->src[2]->data);
    const auto* bias = bias_tensor != nullptr ? static_cast<const float*>(bias_tensor->data) : nullptr;
    auto* y = static_cast<float*>(node->data);
    auto* activations = workspace.activations.reserve<int8_t>(static_cast<size_t>(m * k));
    auto* scales = workspace.scales.reserve<float>(static_cast<size_t>(m));

    on_all_threads(threads, [&](int) {
        std::vector<float> floats(static_cast<size_t>(k));
#pragma omp for schedule(static)
        for (int64_t row = 0; row < m; ++row) {
            to_floats(x, row, floats);
            scales[row] = int8::encode(floats.data(), k, activations + row * k);
        }
    });

    const auto shape = [&](int64_t count) {
        return MatmulShape{.m = m,
                           .n = count,
                           .k = k,
                           .lda = k,
                           .ldb = k,
                           .ldc = n,
                           .a = DataType::s8,
                           .b = DataType::s8,
                           .c = DataType::s32};
    };
    std::vector<ThreadMatmul> matmuls(static_cast<size_t>(threads));
    for_panels(n, long_panel_rows(n, threads), threads, [&](int thread, int64_t first, int64_t count) {
        // The sums take the place of the floats that they become.
        auto* sums = reinterpret_cast<int32_t*>(y + first);
        matmuls[static_cast<size_t>(thread)].with(shape(count), count).execute(activations, weights + first * k, sums);
        const float* own_scales = weight_scales + first;
        for (int64_t row = 0; row < m; ++row) {
            const int32_t* sum = sums + row * n;
            float* value = y + row * n + first;
            for (int64_t i = 0; i < count; ++i) {
                value[i] = static_cast<float>(sum[i]) * (scales[row] * own_scales[i]);
            }
            if (bias != nullptr) {
                for (int64_t i = 0; i < count; ++i) {
                    value[i] += bias[first + i];
                }
            }
        }
    });
}

}  // namespace chroma::onednn
