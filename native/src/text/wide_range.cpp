#include "text/wide_range.h"

namespace chroma::t5 {

ggml_tensor* wide_range_linear(Graph& graph, const nn::Linear& linear, ggml_tensor* x) {
    const ggml_type type = linear.weight->type;
    if (type == GGML_TYPE_F32 || type == GGML_TYPE_BF16) {
        return linear.forward(graph, x);
    }
    constexpr float kTiny = 1e-20F;  // keeps a row of zeros from 0 / 0
    ggml_context* context = graph.context();
    ggml_tensor* unit = ggml_rms_norm(context, x, kTiny);
    ggml_tensor* mean_square = ggml_mean(context, ggml_sqr(context, x));  // [1, N]
    ggml_tensor* rms = ggml_sqrt(context, ggml_scale_bias(context, mean_square, 1.0F, kTiny));
    return ggml_mul(context, linear.forward(graph, unit), rms);
}

}  // namespace chroma::t5
