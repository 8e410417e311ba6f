#include "transformer/mlp.h"

#include "nn/activation.h"

namespace chroma {

Mlp::Mlp(WeightLoader& loader, const std::string& prefix, int64_t channels, int64_t hidden)
    : name(prefix),
      in(loader, prefix + ".0", channels, hidden, true),
      out(loader, prefix + ".2", hidden, channels, true) {}

ggml_tensor* Mlp::forward(Graph& graph, ggml_tensor* x, const TokenStream& stream) const {
    ggml_tensor* hidden = in.forward(graph, x);
    graph.tap(name + ".0", hidden, stream.tap(hidden->ne[0]));
    hidden = nn::gelu_tanh(graph, hidden, out.input_type(graph));
    graph.tap(name + ".1", hidden, stream.tap(hidden->ne[0]));
    ggml_tensor* y = out.forward(graph, hidden);
    graph.tap(name + ".2", y, stream.tap(y->ne[0]));
    return graph.tap(name, y, stream.tap(y->ne[0]));
}

}  // namespace chroma
