#include "onednn/linear.h"

#include <algorithm>
#include <cstring>

#include "ggml-impl.h"
#include "numbers/padded.h"
#include "onednn/convert.h"
#include "onednn/few_rows_bf16.h"
#include "onednn/for_panels.h"
#include "onednn/matmul.h"
#include "onednn/pack.h"
#include "onednn/panels.h"
#include "onednn/processor.h"
#include "onednn/products_bf16.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

// Up to this many rows of x make a short product.
constexpr int64_t kShort = kPackedColumns;

Arithmetic arithmetic_of(const ggml_tensor* node) {
    const bool exact = node->src[0]->type == GGML_TYPE_F32 || ggml_get_op_params_i32(node, 0) == GGML_PREC_F32;
    return exact ? Arithmetic::F32 : fastest_arithmetic();
}

// x in the type of the products: as it is, if it has that type already.
const std::byte* activations(const LinearProblem& problem, int threads, AlignedBuffer& buffer) {
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

// Many rows of x, which meet each panel of W as oneDNN multiplies it.
void long_product(const LinearProblem& problem, const std::byte* x, int threads, LinearWorkspace& workspace) {
    constexpr int64_t kMostRows = 768;
    std::vector<ThreadMatmul> matmuls(static_cast<size_t>(threads));
    const int64_t rows = long_panel_rows(problem.n, threads, kMostRows);
    for_panels(problem.n, rows, threads, [&](int thread, int64_t first, int64_t count) {
        const std::byte* panel =
            plain_panel(problem, first, count, workspace.threads[static_cast<size_t>(thread)].panel);
        matmuls[static_cast<size_t>(thread)]
            .with({.m = problem.m,
                   .n = count,
                   .k = problem.k,
                   .lda = problem.k,
                   .ldb = problem.k,
                   .ldc = problem.n,
                   .a = problem.type(),
                   .b = problem.type(),
                   .c = DataType::f32,
                   .bias = problem.bias != nullptr})
            .execute(x, panel, problem.y + first, problem.bias_from(first));
    });
}

bool has_own_product(const LinearProblem& problem) {
    return problem.arithmetic == Arithmetic::BF16 && has_products_bf16() && problem.n % kPackedColumns == 0 &&
           can_pack(problem.weight->type, problem.k);
}

// The same with products of our own: each panel is dequantised in their order, some channels at a time.
void own_long_product(const LinearProblem& problem, const bf16* x, int threads, LinearWorkspace& workspace) {
    constexpr int64_t kMostRows = 384;
    constexpr int64_t kMostChannels = 3072;  // 64 columns of them are 384 kB
    constexpr int64_t kWholeBlocks = 256;    // of every type
    const int64_t channels = padded(even_share(problem.k, kMostChannels), kWholeBlocks);
    const int64_t rows = long_panel_rows(problem.n, threads, kMostRows);
    for_panels(problem.n, rows, threads, [&](int thread, int64_t first, int64_t count) {
        for (int64_t channel = 0; channel < problem.k; channel += channels) {
            const int64_t some = std::min(channels, problem.k - channel);
            const bf16* panel =
                packed_panel(problem, {.row = first, .rows = count, .channel = channel, .channels = some},
                             workspace.threads[static_cast<size_t>(thread)].panel);
            multiply_bf16({.x = x + channel,
                           .x_stride = problem.k,
                           .rows = problem.m,
                           .channels = some,
                           .first = channel == 0,
                           .last = channel + some == problem.k,
                           .bias = problem.bias_from(first),
                           .y = problem.y + first,
                           .y_stride = problem.n,
                           .gelu = problem.gelu.from(first),
                           .past_caches = past_caches(problem.m * problem.n, problem.gelu.result_size())},
                          panel, count);
        }
    });
}

bool is_few_rows_product(const LinearProblem& problem) {
    return problem.m < kFewRows && problem.arithmetic == Arithmetic::BF16 && has_few_rows_bf16(problem.k);
}

void few_rows_product(const LinearProblem& problem, const bf16* x, int threads, LinearWorkspace& workspace) {
    constexpr int64_t kRows = 64;  // a panel that stays in the second-level cache
    for_panels(problem.n, kRows, threads, [&](int thread, int64_t first, int64_t count) {
        const std::byte* panel =
            plain_panel(problem, first, count, workspace.threads[static_cast<size_t>(thread)].panel);
        multiply_few_rows_bf16({.x = x,
                                .m = problem.m,
                                .k = problem.k,
                                .w = reinterpret_cast<const bf16*>(panel),
                                .rows = count,
                                .from_memory = problem.weight->type == GGML_TYPE_BF16,
                                .bias = problem.bias_from(first),
                                .y = problem.y + first,
                                .y_stride = problem.n});
    });
}

// x in the order of pack.h, as the right-hand side of W x^T; null if oneDNN takes it row by row.
const std::byte* pack_activations(const LinearProblem& problem, const std::byte* x, const MatmulShape& shape,
                                  AlignedBuffer& buffer) {
    if (problem.arithmetic != Arithmetic::BF16 || !can_pack(GGML_TYPE_BF16, problem.k) ||
        !Matmul::prefers_packed(shape)) {
        return nullptr;
    }
    const auto row_size = static_cast<size_t>(problem.k);
    auto* packed = buffer.reserve<bf16>(2 * kPackedColumns * row_size);
    bf16* padded = packed + kPackedColumns * row_size;
    std::memcpy(padded, x, static_cast<size_t>(problem.m) * row_size * sizeof(bf16));
    std::fill(padded + static_cast<size_t>(problem.m) * row_size, padded + kPackedColumns * row_size, bf16{0});
    pack(GGML_TYPE_BF16, reinterpret_cast<const std::byte*>(padded), row_size * sizeof(bf16), kPackedColumns, problem.k,
         packed);
    return reinterpret_cast<const std::byte*>(packed);
}

// Few rows of x: rearranging W would cost as much as multiplying it. So W is the left-hand side, which oneDNN reads row
// by row, and x the right; the result is turned as it is stored.
void short_product(const LinearProblem& problem, const std::byte* x, int threads, LinearWorkspace& workspace) {
    constexpr int64_t kRows = 64;  // a panel that stays in the second-level cache
    // Whole vectors of columns: a part of one is slower than all of it. What x does not have is zero.
    constexpr int64_t kVector = 16;
    const int64_t columns = padded(problem.m, kVector);
    MatmulShape shape{.m = kRows,
                      .n = columns,
                      .k = problem.k,
                      .lda = problem.k,
                      .ldb = problem.k,
                      .ldc = columns,
                      .a = problem.type(),
                      .b = problem.type(),
                      .c = DataType::f32};
    const std::byte* packed = pack_activations(problem, x, shape, workspace.packed);
    shape.packed = packed != nullptr;
    if (!shape.packed) {
        shape.n = shape.ldc = problem.m;
    }
    std::vector<ThreadMatmul> matmuls(static_cast<size_t>(threads));
    for_panels(problem.n, kRows, threads, [&](int thread, int64_t first, int64_t count) {
        LinearWorkspace::Thread& own = workspace.threads[static_cast<size_t>(thread)];
        auto* result = own.result.reserve<float>(static_cast<size_t>(kRows * shape.n));
        MatmulShape panel_shape = shape;
        panel_shape.m = count;
        matmuls[static_cast<size_t>(thread)]
            .with(panel_shape)
            .execute(plain_panel(problem, first, count, own.panel), packed != nullptr ? packed : x, result);
        for (int64_t row = 0; row < problem.m; ++row) {
            float* y = problem.y + row * problem.n + first;
            for (int64_t i = 0; i < count; ++i) {
                y[i] = result[i * shape.n + row] + (problem.bias != nullptr ? problem.bias[first + i] : 0.0F);
            }
        }
    });
}

}  // namespace

bool supports_linear(const ggml_tensor* node) {
    const ggml_tensor* weight = node->src[0];
    const ggml_tensor* x = node->src[1];
    const bool type_fits =
        x->type == GGML_TYPE_F32 || (x->type == GGML_TYPE_BF16 && arithmetic_of(node) == Arithmetic::BF16);
    return type_fits && ggml_is_contiguous(x) && ggml_is_contiguous(weight) && weight->ne[2] == 1 &&
           weight->ne[3] == 1 && ggml_is_contiguous(node) && can_dequantize(weight->type);
}

namespace {

LinearProblem problem_of(const ggml_tensor* node, const LinearEnd& end) {
    return {.weight = node->src[0],
            .x = node->src[1],
            .bias = end.bias_values(),
            .y = static_cast<float*>(node->data),
            .gelu = end.gelu_rows(),
            .m = ggml_nrows(node->src[1]),
            .n = node->src[0]->ne[1],
            .k = node->src[0]->ne[0],
            .arithmetic = arithmetic_of(node)};
}

}  // namespace

bool linear_ends_in_gelu(const ggml_tensor* node) {
    const LinearProblem problem = problem_of(node, {});
    return problem.m > kShort && has_own_product(problem);
}

void linear(ggml_tensor* node, const LinearEnd& end, int threads, LinearWorkspace& workspace) {
    const LinearProblem problem = problem_of(node, end);
    workspace.threads.resize(std::max(workspace.threads.size(), static_cast<size_t>(threads)));
    const std::byte* x = activations(problem, threads, workspace.activations);
    if (is_few_rows_product(problem)) {
        few_rows_product(problem, reinterpret_cast<const bf16*>(x), threads, workspace);
    } else if (problem.m <= kShort) {
        short_product(problem, x, threads, workspace);
    } else if (has_own_product(problem)) {
        own_long_product(problem, reinterpret_cast<const bf16*>(x), threads, workspace);
    } else {
        long_product(problem, x, threads, workspace);
    }
}

}  // namespace chroma::onednn
