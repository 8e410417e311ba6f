#include "nn/linear.h"

namespace chroma::nn {

Linear::Linear(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out, bool with_bias,
               WeightKind kind)
    : weight(loader.declare(prefix + ".weight", {out, in}, kind)),
      row_scales(loader.row_scales(weight)),
      bias(with_bias ? loader.declare(prefix + ".bias", {out}, WeightKind::Vector) : nullptr) {}

Linear Linear::outputs(Graph& graph, int64_t first, int64_t count) const {
    const auto part = [&](ggml_tensor* vector) {
        return vector == nullptr
                   ? nullptr
                   : ggml_view_1d(graph.context(), vector, count, static_cast<size_t>(first) * vector->nb[0]);
    };
    Linear some;
    some.weight = ggml_view_2d(graph.context(), weight, weight->ne[0], count, weight->nb[1],
                               static_cast<size_t>(first) * weight->nb[1]);
    some.row_scales = part(row_scales);
    some.bias = part(bias);
    return some;
}

ggml_tensor* Linear::forward(Graph& graph, ggml_tensor* x) const {
    const Graph::KindScope kind = graph.mark(OperationKind::Linear);
    ggml_tensor* y = ggml_mul_mat(graph.context(), weight, x);
    y->src[2] = row_scales;  // the backend on oneDNN knows what it means
    return bias != nullptr ? ggml_add_inplace(graph.context(), y, bias) : y;
}

}  // namespace chroma::nn
