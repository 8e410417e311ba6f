#include "transformer/last_layer.h"

#include "nn/norm.h"

namespace chroma {

LastLayer::LastLayer(WeightLoader& loader, const TransformerSizes& sizes)
    : linear_(loader, "final_layer.linear", sizes.hidden, sizes.token_channels(), true, WeightKind::Edge) {}

ggml_tensor* LastLayer::forward(Graph& graph, ggml_tensor* x, const ModulationOut& modulation,
                                const TokenStream& stream) const {
    ggml_tensor* normed = nn::layer_norm(graph, x);
    graph.tap("final_layer.norm_final", normed, stream.tap(normed->ne[0]));
    ggml_tensor* y = linear_.forward(graph, modulate(graph, normed, modulation, linear_.input_type(graph)));
    graph.tap("final_layer.linear", y, stream.tap(y->ne[0]));
    return graph.tap("final_layer", y, stream.tap(y->ne[0]));
}

}  // namespace chroma
