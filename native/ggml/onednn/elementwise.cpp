#include "onednn/elementwise.h"

#include <array>
#include <bit>

#include "numbers/bf16.h"
#include "numbers/exponential.h"
#include "numbers/row_norm.h"
#include "onednn/custom.h"
#include "onednn/team.h"

namespace chroma::onednn {

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

// The row with this number, counted over all axes beyond the first.
template <typename T>
T* row_of(const ggml_tensor* tensor, int64_t row) {
    const int64_t i1 = row % tensor->ne[1];
    const int64_t i2 = row / tensor->ne[1] % tensor->ne[2];
    const int64_t i3 = row / tensor->ne[1] / tensor->ne[2];
    return reinterpret_cast<T*>(static_cast<char*>(tensor->data) + static_cast<size_t>(i1) * tensor->nb[1] +
                                static_cast<size_t>(i2) * tensor->nb[2] + static_cast<size_t>(i3) * tensor->nb[3]);
}

// Calls body(row of `to`, row number) for all rows, shared among the threads, with the element type that `to` has.
template <typename Body>
void for_rows(const ggml_tensor* to, int threads, const Body& body) {
    on_all_threads(threads, [&](int) {
#pragma omp for schedule(static)
        for (int64_t row = 0; row < ggml_nrows(to); ++row) {
            if (to->type == GGML_TYPE_BF16) {
                body(row_of<bf16>(to, row), row);
            } else {
                body(row_of<float>(to, row), row);
            }
        }
    });
}

const float* vector_of(const ggml_tensor* tensor) {
    return static_cast<const float*>(tensor->data);
}

float epsilon_of(const ggml_tensor* node) {
    return std::bit_cast<float>(parameter(node, 0));
}

void compute_layer_norm(ggml_tensor* to, int threads, Workspace& /*workspace*/) {
    for_rows(to, threads, [&](auto* y, int64_t row) {
        const auto* x = row_of<const float>(to->src[0], row);
        const Moments of_row = moments(x, to->ne[0], epsilon_of(to));
        for (int64_t i = 0; i < to->ne[0]; ++i) {
            store(y + i, (x[i] - of_row.mean) * of_row.factor);
        }
    });
}

void compute_modulate(ggml_tensor* to, int threads, Workspace& /*workspace*/) {
    const float* factor = vector_of(to->src[1]);
    const float* shift = vector_of(to->src[2]);
    const ggml_tensor* from = to->src[0];
    if (!is_left(from)) {
        for_rows(to, threads, [&](auto* y, int64_t row) {
            const auto* x = row_of<const float>(from, row);
            for (int64_t i = 0; i < to->ne[0]; ++i) {
                store(y + i, x[i] * factor[i] + shift[i]);
            }
        });
        return;
    }
    for_rows(to, threads, [&](auto* y, int64_t row) {
        const auto* x = row_of<const float>(from->src[0], row);
        const Moments of_row = moments(x, to->ne[0], epsilon_of(from));
        for (int64_t i = 0; i < to->ne[0]; ++i) {
            store(y + i, (x[i] - of_row.mean) * of_row.factor * factor[i] + shift[i]);
        }
    });
}

void compute_gelu_tanh(ggml_tensor* to, int threads, Workspace& /*workspace*/) {
    for_rows(to, threads, [&](auto* y, int64_t row) {
        const ggml_tensor* from = to->src[0];
        const auto* x = row_of<const float>(from, row);
        y += to->ne[0] - from->ne[0];
        for (int64_t i = 0; i < from->ne[0]; ++i) {
            store(y + i, gelu(x[i]));
        }
    });
}

void compute_rms_norm(ggml_tensor* to, int threads, Workspace& /*workspace*/) {
    const float* scale = vector_of(to->src[1]);
    for_rows(to, threads, [&](auto* y, int64_t row) {
        const auto* x = row_of<const float>(to->src[0], row);
        const float factor = rms_factor(x, to->ne[0], epsilon_of(to));
        for (int64_t i = 0; i < to->ne[0]; ++i) {
            store(y + i, x[i] * factor * scale[i]);
        }
    });
}

void compute_gate(ggml_tensor* to, int threads, Workspace& /*workspace*/) {
    const float* factor = vector_of(to->src[2]);
    for_rows(to, threads, [&](auto* y, int64_t row) {
        const auto* x = row_of<const float>(to->src[1], row);
        const auto* old = row_of<const float>(to->src[0], row);
        for (int64_t i = 0; i < to->ne[0]; ++i) {
            store(y + i, old[i] * factor[i] + x[i]);
        }
    });
}

}  // namespace

ggml_tensor* layer_norm(ggml_context* context, ggml_tensor* x, float epsilon) {
    ggml_tensor* node = custom(context, compute_layer_norm, GGML_TYPE_F32, x->ne, std::array{x});
    set_parameter(node, 0, std::bit_cast<int32_t>(epsilon));
    let_leave(node, Work::LayerNorm);
    return node;
}

ggml_tensor* modulate(ggml_context* context, ggml_tensor* x, ggml_tensor* factor, ggml_tensor* shift, ggml_type to) {
    // What a norm reads has to last until this reads it.
    ggml_tensor* raw = is_custom(x) ? x->src[0] : x;
    ggml_tensor* node = custom(context, compute_modulate, to, x->ne, std::array{x, factor, shift, raw});
    take_over(node, Work::LayerNorm);
    return node;
}

ggml_tensor* gelu_tanh(ggml_context* context, ggml_tensor* x, ggml_type to, int64_t room) {
    // What a linear layer reads has to last until this is written, which that layer may do.
    const ggml_tensor* product = x->op == GGML_OP_ADD ? x->src[0] : x;
    ggml_tensor* read = product->op == GGML_OP_MUL_MAT ? product->src[1] : x;
    return custom(context, compute_gelu_tanh, to, std::array{room + x->ne[0], x->ne[1], x->ne[2], x->ne[3]},
                  std::array{x, read});
}

bool is_gelu_tanh(const ggml_tensor* node) {
    return is_custom(node, compute_gelu_tanh);
}

int64_t gelu_room(const ggml_tensor* node) {
    return node->ne[0] - node->src[0]->ne[0];
}

ggml_tensor* rms_norm(ggml_context* context, ggml_tensor* x, ggml_tensor* scale, float epsilon) {
    ggml_tensor* node = custom(context, compute_rms_norm, GGML_TYPE_F32, x->ne, std::array{x, scale});
    set_parameter(node, 0, std::bit_cast<int32_t>(epsilon));
    let_leave(node, Work::RmsNorm);
    return node;
}

ggml_tensor* gate(ggml_context* context, ggml_tensor* x, ggml_tensor* y, ggml_tensor* gate) {
    return custom_inplace(context, compute_gate, y, std::array{x, gate});
}

}  // namespace chroma::onednn
