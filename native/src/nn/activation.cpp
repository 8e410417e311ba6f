#include "nn/activation.h"

#include "common/error.h"

#ifdef CHROMA_HAS_ONEDNN
#include "onednn/elementwise.h"
#endif

namespace chroma::nn {

namespace {
constexpr float kTwoSqrtTwoOverPi = 1.5957691216057308F;  // 2 sqrt(2 / pi)
constexpr float kCubic = 0.044715F;
}  // namespace

ggml_tensor* gelu_tanh(Graph& graph, ggml_tensor* x, ggml_type to) {
    if (graph.fuses()) {
        return gelu_tanh_behind(graph, x, 0, to);
    }
    // 0.5 (1 + tanh(u)) = sigmoid(2u), with 2u = x (a + b x^2)
    ggml_context* context = graph.context();
    ggml_tensor* gate = ggml_sqr(context, x);
    gate = ggml_scale_bias_inplace(context, gate, kTwoSqrtTwoOverPi * kCubic, kTwoSqrtTwoOverPi);
    gate = ggml_mul_inplace(context, gate, x);
    gate = ggml_sigmoid_inplace(context, gate);
    return ggml_mul_inplace(context, gate, x);
}

ggml_tensor* gelu_tanh_behind([[maybe_unused]] Graph& graph, [[maybe_unused]] ggml_tensor* x,
                              [[maybe_unused]] int64_t room, [[maybe_unused]] ggml_type to) {
#ifdef CHROMA_HAS_ONEDNN
    // A linear layer that x comes from may do it.
    const Graph::KindScope kind = graph.mark(OperationKind::Linear);
    return onednn::gelu_tanh(graph.context(), x, to, room);
#else
    fail(CHROMA_ERROR_INTERNAL, "GELU behind other channels was asked of kernels that have none.");
#endif
}

ggml_tensor* silu(Graph& graph, ggml_tensor* x) {
    return ggml_silu(graph.context(), x);
}

}  // namespace chroma::nn
