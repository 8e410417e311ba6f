#include "transformer/single_stream_block.h"

#include "nn/activation.h"
#include "nn/norm.h"
#ifdef CHROMA_HAS_ONEDNN
#include "onednn/elementwise.h"
#endif

namespace chroma {

SingleStreamBlock::SingleStreamBlock(WeightLoader& loader, const std::string& prefix, const TransformerSizes& sizes)
    : name_(prefix),
      heads_(sizes.heads),
      head_size_(sizes.head_size),
      linear1_(loader, prefix + ".linear1", sizes.hidden, 3 * sizes.hidden + sizes.mlp,
               loader.has(prefix + ".linear1.bias")),
      linear2_(loader, prefix + ".linear2", sizes.hidden + sizes.mlp, sizes.hidden,
               loader.has(prefix + ".linear2.bias")),
      norm_(loader, prefix + ".norm", sizes.head_size) {}

namespace {

// The channels of x from `first` on: [C - first, N].
ggml_tensor* channels_from(Graph& graph, ggml_tensor* x, int64_t first) {
    return ggml_view_2d(graph.context(), x, x->ne[0] - first, x->ne[1], x->nb[1],
                        static_cast<size_t>(first) * x->nb[0]);
}

// The channels of `attended`, then those of GELU(x).
ggml_tensor* beside_gelu(Graph& graph, ggml_tensor* attended, ggml_tensor* x, [[maybe_unused]] ggml_type to) {
#ifdef CHROMA_HAS_ONEDNN
    if (graph.fuses()) {
        return onednn::beside_gelu_tanh(graph.context(), attended, x, to);
    }
#endif
    return concat_channels(graph, attended, nn::gelu_tanh(graph, x));
}

}  // namespace

ggml_tensor* SingleStreamBlock::forward(const BlockContext& context, ggml_tensor* x,
                                        const ModulationOut& modulation) const {
    Graph& graph = context.graph;
    const TokenStream& stream = context.tokens.joint;
    const int64_t channels = x->ne[0];

    ggml_tensor* normed = nn::layer_norm(graph, x);
    graph.tap(name_ + ".pre_norm", normed, stream.tap(channels));
    ggml_tensor* projected = linear1_.forward(graph, modulate(graph, normed, modulation, linear1_.input_type(graph)));
    graph.tap(name_ + ".linear1", projected, stream.tap(projected->ne[0]));

    const Heads heads = norm_.forward(graph, split_heads(graph, projected, heads_, head_size_), stream);
    ggml_tensor* attended = attend(context, {{heads, stream}}, nn::products_of(linear1_.weight), GGML_TYPE_F32);
    ggml_tensor* joined =
        beside_gelu(graph, attended, channels_from(graph, projected, 3 * channels), linear2_.input_type(graph));
    ggml_tensor* hidden = channels_from(graph, joined, channels);
    graph.tap(name_ + ".mlp_act", hidden, stream.tap(hidden->ne[0]));

    ggml_tensor* y = linear2_.forward(graph, joined);
    graph.tap(name_ + ".linear2", y, stream.tap(channels));
    return graph.tap(name_, gate(graph, x, y, modulation.gate), stream.tap(channels));
}

}  // namespace chroma
