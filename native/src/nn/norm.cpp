#include "nn/norm.h"

#include "nn/channels.h"
#ifdef CHROMA_HAS_ONEDNN
#include "onednn/elementwise.h"
#endif

namespace chroma::nn {

ggml_tensor* layer_norm(Graph& graph, ggml_tensor* x) {
#ifdef CHROMA_HAS_ONEDNN
    if (graph.fuses()) {
        return onednn::layer_norm(graph.context(), x, kNormEpsilon);
    }
#endif
    return ggml_norm(graph.context(), x, kNormEpsilon);
}

ggml_tensor* rms_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale) {
#ifdef CHROMA_HAS_ONEDNN
    if (graph.fuses()) {
        return onednn::rms_norm(graph.context(), x, scale, kNormEpsilon);
    }
#endif
    return ggml_mul_inplace(graph.context(), ggml_rms_norm(graph.context(), x, kNormEpsilon), scale);
}

ggml_tensor* group_norm(Graph& graph, ggml_tensor* x, ggml_tensor* scale, ggml_tensor* bias, int groups) {
    ggml_context* context = graph.context();
    ggml_tensor* y = ggml_group_norm(context, x, groups, kNormEpsilon);
    y = ggml_mul_inplace(context, y, per_channel(graph, scale, y));
    return ggml_add_inplace(context, y, per_channel(graph, bias, y));
}

}  // namespace chroma::nn
