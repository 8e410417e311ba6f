#include "onednn/linear.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "ggml-impl.h"
#include "onednn/convert.h"
#include "onednn/matmul.h"
#include "onednn/processor.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

// Fewer rows of x are quicker on ggml's own kernels, which do not dequantise.
constexpr int64_t kLeastRows = 16;

// Rows of W that a thread dequantises and multiplies at a time.
constexpr int64_t kPanelRows = 512;

struct Problem {
    const ggml_tensor* weight;  // [k, n]
    const ggml_tensor* x;       // [k, m...]
    const float* bias;
    float* y;
    int64_t m;
    int64_t n;
    int64_t k;
    Arithmetic arithmetic;

    [[nodiscard]] DataType type() const { return arithmetic == Arithmetic::BF16 ? DataType::bf16 : DataType::f32; }
    [[nodiscard]] ggml_type ggml() const { return arithmetic == Arithmetic::BF16 ? GGML_TYPE_BF16 : GGML_TYPE_F32; }
    [[nodiscard]] size_t size() const { return ggml_type_size(ggml()); }
};

Arithmetic arithmetic_of(const ggml_tensor* node) {
    const bool exact = node->src[0]->type == GGML_TYPE_F32 || ggml_get_op_params_i32(node, 0) == GGML_PREC_F32;
    return exact ? Arithmetic::F32 : fastest_arithmetic();
}

// x in the type of the products: as it is, if it has that type already.
const std::byte* activations(const Problem& problem, int threads, AlignedBuffer& buffer) {
    const ggml_tensor* x = problem.x;
    if (x->type == problem.ggml()) {
        return static_cast<const std::byte*>(x->data);
    }
    auto* to = buffer.reserve<bf16>(static_cast<size_t>(problem.m * problem.k));
    const auto* from = static_cast<const float*>(x->data);
    constexpr int64_t kChunk = 8192;
    const int64_t count = problem.m * problem.k;
    on_all_threads(threads, [&](int) {
#pragma omp for schedule(static)
        for (int64_t first = 0; first < count; first += kChunk) {
            to_bf16(from + first, to + first, static_cast<size_t>(std::min(kChunk, count - first)));
        }
    });
    return reinterpret_cast<const std::byte*>(to);
}

// `count` rows of W from `first` in the type of the products: where they are, if they have that type already.
const std::byte* panel(const Problem& problem, int64_t first, int64_t count, AlignedBuffer& buffer) {
    const ggml_tensor* weight = problem.weight;
    const auto* rows = static_cast<const std::byte*>(weight->data) + static_cast<size_t>(first) * weight->nb[1];
    if (weight->type == problem.ggml()) {
        return rows;
    }
    auto* to = buffer.reserve<std::byte>(static_cast<size_t>(kPanelRows * problem.k) * problem.size());
    for (int64_t row = 0; row < count; ++row) {
        const std::byte* from = rows + static_cast<size_t>(row) * weight->nb[1];
        std::byte* row_to = to + static_cast<size_t>(row * problem.k) * problem.size();
        if (problem.arithmetic == Arithmetic::BF16) {
            dequantize_row(weight->type, from, reinterpret_cast<bf16*>(row_to), problem.k);
        } else {
            dequantize_row(weight->type, from, reinterpret_cast<float*>(row_to), problem.k);
        }
    }
    return to;
}

}  // namespace

bool supports_linear(const ggml_tensor* node) {
    const ggml_tensor* weight = node->src[0];
    const ggml_tensor* x = node->src[1];
    const bool type_fits =
        x->type == GGML_TYPE_F32 || (x->type == GGML_TYPE_BF16 && arithmetic_of(node) == Arithmetic::BF16);
    return type_fits && ggml_is_contiguous(x) && ggml_is_contiguous(weight) && weight->ne[2] == 1 &&
           weight->ne[3] == 1 && ggml_is_contiguous(node) && can_dequantize(weight->type) &&
           (ggml_nrows(x) >= kLeastRows || x->type == GGML_TYPE_BF16);
}

void linear(const ggml_tensor* node, const ggml_tensor* bias, ggml_tensor* to, int threads,
            LinearWorkspace& workspace) {
    const Problem problem{.weight = node->src[0],
                          .x = node->src[1],
                          .bias = bias != nullptr ? static_cast<const float*>(bias->data) : nullptr,
                          .y = static_cast<float*>(to->data),
                          .m = ggml_nrows(node->src[1]),
                          .n = node->src[0]->ne[1],
                          .k = node->src[0]->ne[0],
                          .arithmetic = arithmetic_of(node)};
    const std::byte* x = activations(problem, threads, workspace.activations);
    workspace.panels.resize(std::max(workspace.panels.size(), static_cast<size_t>(threads)));

    // Threads take panels one by one: no thread waits for another before the last panel. A panel's result does not
    // depend on who computes it, so results are the same for any number of threads.
    std::atomic<int64_t> next = 0;
    on_all_threads(threads, [&](int thread) {
        std::unique_ptr<Matmul> matmul;
        int64_t matmul_rows = 0;
        for (int64_t first = next.fetch_add(kPanelRows); first < problem.n; first = next.fetch_add(kPanelRows)) {
            const int64_t count = std::min(kPanelRows, problem.n - first);
            if (matmul_rows != count) {
                matmul = std::make_unique<Matmul>(MatmulShape{.m = problem.m,
                                                              .n = count,
                                                              .k = problem.k,
                                                              .lda = problem.k,
                                                              .ldb = problem.k,
                                                              .ldc = problem.n,
                                                              .a = problem.type(),
                                                              .b = problem.type(),
                                                              .c = DataType::f32,
                                                              .bias = problem.bias != nullptr});
                matmul_rows = count;
            }
            const std::byte* weights = panel(problem, first, count, workspace.panels[static_cast<size_t>(thread)]);
            matmul->execute(x, weights, problem.y + first, problem.bias != nullptr ? problem.bias + first : nullptr);
        }
    });
}

}  // namespace chroma::onednn
