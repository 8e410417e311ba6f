#include "nn/fused.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "nn/norm.h"
#include "numbers/bf16.h"
#include "numbers/exponential.h"

namespace chroma::nn::fused {

namespace {

// Inner loops are written so that compilers make vector code of them: no calls, no branches, no double.

inline float gelu(float x) {
    constexpr float kTwoSqrtTwoOverPi = 1.5957691216057308F;  // 2 sqrt(2 / pi)
    constexpr float kCubic = 0.044715F;
    // 0.5 (1 + tanh(u)) = 1 / (1 + e^-2u)
    const float twice = x * (kTwoSqrtTwoOverPi * kCubic * x * x + kTwoSqrtTwoOverPi);
    return x / (1.0F + exponential(-twice));
}

// Stores a float as a float, or rounded to nearest even as a bfloat16.
inline void store(float* to, float value) {
    *to = value;
}

inline void store(bf16* to, float value) {
    *to = round_to_bf16(value);
}

// A thread's share of a tensor's rows.
struct Share {
    int64_t first;
    int64_t end;
};

Share share(int64_t rows, int thread, int threads) {
    return {rows * thread / threads, rows * (thread + 1) / threads};
}

// The row with this number, counted over all axes beyond the first.
template <typename T>
T* row_of(const ggml_tensor* tensor, int64_t row) {
    const int64_t i1 = row % tensor->ne[1];
    const int64_t i2 = row / tensor->ne[1] % tensor->ne[2];
    const int64_t i3 = row / tensor->ne[1] / tensor->ne[2];
    return reinterpret_cast<T*>(static_cast<char*>(tensor->data) + static_cast<size_t>(i1) * tensor->nb[1] +
                                static_cast<size_t>(i2) * tensor->nb[2] + static_cast<size_t>(i3) * tensor->nb[3]);
}

// Calls body(row of `to`, row number) for a thread's rows, with the element type that `to` has.
template <typename Body>
void for_rows(const ggml_tensor* to, int thread, int threads, const Body& body) {
    const auto [first, end] = share(ggml_nrows(to), thread, threads);
    for (int64_t row = first; row < end; ++row) {
        if (to->type == GGML_TYPE_BF16) {
            body(row_of<bf16>(to, row), row);
        } else {
            body(row_of<float>(to, row), row);
        }
    }
}

void compute_modulate(ggml_tensor* to, int thread, int threads, void* /*user_data*/) {
    const ggml_tensor* from = to->src[0];
    const auto* factor = static_cast<const float*>(to->src[1]->data);
    const auto* shift = static_cast<const float*>(to->src[2]->data);
    for_rows(to, thread, threads, [&](auto* y, int64_t row) {
        const auto* x = row_of<const float>(from, row);
        for (int64_t i = 0; i < to->ne[0]; ++i) {
            store(y + i, x[i] * factor[i] + shift[i]);
        }
    });
}

void compute_gelu_tanh(ggml_tensor* to, int thread, int threads, void* /*user_data*/) {
    const ggml_tensor* from = to->src[0];
    for_rows(to, thread, threads, [&](auto* y, int64_t row) {
        const auto* x = row_of<const float>(from, row);
        for (int64_t i = 0; i < to->ne[0]; ++i) {
            store(y + i, gelu(x[i]));
        }
    });
}

void compute_beside_gelu_tanh(ggml_tensor* to, int thread, int threads, void* /*user_data*/) {
    const ggml_tensor* beside = to->src[0];
    const ggml_tensor* from = to->src[1];
    const int64_t offset = beside->ne[0];
    for_rows(to, thread, threads, [&](auto* y, int64_t row) {
        const auto* a = row_of<const float>(beside, row);
        for (int64_t i = 0; i < offset; ++i) {
            store(y + i, a[i]);
        }
        const auto* x = row_of<const float>(from, row);
        for (int64_t i = 0; i < from->ne[0]; ++i) {
            store(y + offset + i, gelu(x[i]));
        }
    });
}

void compute_rms_norm(ggml_tensor* to, int thread, int threads, void* /*user_data*/) {
    constexpr int64_t kLanes = 16;
    const ggml_tensor* from = to->src[0];
    const auto* scale = static_cast<const float*>(to->src[1]->data);
    const int64_t size = to->ne[0];
    for_rows(to, thread, threads, [&](auto* y, int64_t row) {
        const auto* x = row_of<const float>(from, row);
        std::array<float, kLanes> sums{};
        int64_t i = 0;
        for (; i + kLanes <= size; i += kLanes) {
            for (int64_t lane = 0; lane < kLanes; ++lane) {
                sums[static_cast<size_t>(lane)] += x[i + lane] * x[i + lane];
            }
        }
        double sum = 0;
        for (; i < size; ++i) {
            sum += static_cast<double>(x[i]) * x[i];
        }
        for (const float part : sums) {
            sum += part;
        }
        const auto factor = static_cast<float>(1.0 / std::sqrt(sum / static_cast<double>(size) + kNormEpsilon));
        for (i = 0; i < size; ++i) {
            store(y + i, x[i] * factor * scale[i]);
        }
    });
}

void compute_gate(ggml_tensor* to, int thread, int threads, void* /*user_data*/) {
    const ggml_tensor* from = to->src[1];
    const auto* factor = static_cast<const float*>(to->src[2]->data);
    const auto [first, end] = share(ggml_nrows(to), thread, threads);
    for (int64_t row = first; row < end; ++row) {
        auto* y = row_of<float>(to, row);
        const auto* x = row_of<const float>(from, row);
        for (int64_t i = 0; i < to->ne[0]; ++i) {
            y[i] = y[i] * factor[i] + x[i];
        }
    }
}

template <size_t N>
ggml_tensor* custom(Graph& graph, ggml_type type, const std::array<int64_t, 4>& ne, std::array<ggml_tensor*, N> from,
                    ggml_custom_op_t compute) {
    return ggml_custom_4d(graph.context(), type, ne[0], ne[1], ne[2], ne[3], from.data(), static_cast<int>(N), compute,
                          GGML_N_TASKS_MAX, nullptr);
}

std::array<int64_t, 4> shape_of(const ggml_tensor* x) {
    return {x->ne[0], x->ne[1], x->ne[2], x->ne[3]};
}

}  // namespace

ggml_tensor* modulate(Graph& graph, ggml_tensor* x, ggml_tensor* factor, ggml_tensor* shift, ggml_type to) {
    return custom(graph, to, shape_of(x), std::array{x, factor, shift}, compute_modulate);
}

ggml_tensor* gelu_tanh(Graph& graph, ggml_tensor* x, ggml_type to) {
    return custom(graph, to, shape_of(x), std::array{x}, compute_gelu_tanh);
}

ggml_tensor* beside_gelu_tanh(Graph& graph, ggml_tensor* beside, ggml_tensor* x, ggml_type to) {
    return custom(graph, to, {beside->ne[0] + x->ne[0], x->ne[1], x->ne[2], x->ne[3]}, std::array{beside, x},
                  compute_beside_gelu_tanh);
}

ggml_tensor* rms_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale) {
    return custom(graph, GGML_TYPE_F32, shape_of(x), std::array{x, scale}, compute_rms_norm);
}

ggml_tensor* gate(Graph& graph, ggml_tensor* x, ggml_tensor* y, ggml_tensor* gate) {
    std::array<ggml_tensor*, 2> others{x, gate};
    return ggml_custom_inplace(graph.context(), y, others.data(), 2, compute_gate, GGML_N_TASKS_MAX, nullptr);
}

}  // namespace chroma::nn::fused
