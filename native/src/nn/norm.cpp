#include "nn/norm.h"

namespace chroma::nn {

ggml_tensor* layer_norm(Graph& graph, ggml_tensor* x) {
    return ggml_norm(graph.context(), x, kNormEpsilon);
}

ggml_tensor* rms_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale) {
    return ggml_mul_inplace(graph.context(), ggml_rms_norm(graph.context(), x, kNormEpsilon), scale);
}

ggml_tensor* group_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale, ggml_tensor* bias, int groups) {
    ggml_context* context = graph.context();
    const int64_t channels = x->ne[2];
    ggml_tensor* y = ggml_group_norm(context, x, groups, kNormEpsilon);
    y = ggml_mul_inplace(context, y, ggml_reshape_3d(context, scale, 1, 1, channels));
    return ggml_add_inplace(context, y, ggml_reshape_3d(context, bias, 1, 1, channels));
}

}  // namespace chroma::nn
