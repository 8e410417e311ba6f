#include "transformer/single_stream_block.h"

#include "nn/activation.h"
#include "nn/norm.h"

namespace chroma {

SingleStreamBlock::SingleStreamBlock(WeightLoader& loader, const std::string& prefix, const TransformerSizes& sizes)
    : name_(prefix),
      heads_(sizes.heads),
      head_size_(sizes.head_size),
      linear1_(loader, prefix + ".linear1", sizes.hidden, 3 * sizes.hidden + sizes.mlp, true),
      linear2_(loader, prefix + ".linear2", sizes.hidden + sizes.mlp, sizes.hidden, true),
      norm_(loader, prefix + ".norm", sizes.head_size) {}

namespace {

// The channels of x from `first` on: [C - first, N].
ggml_tensor* channels_from(Graph& graph, ggml_tensor* x, int64_t first) {
    return ggml_view_2d(graph.context(), x, x->ne[0] - first, x->ne[1], x->nb[1],
                        static_cast<size_t>(first) * x->nb[0]);
}

}  // namespace

ggml_tensor* SingleStreamBlock::forward(const BlockContext& context, ggml_tensor* x,
                                        const ModulationOut& modulation) const {
    Graph& graph = context.graph;
    const TokenStream& stream = context.tokens.joint;
    const int64_t channels = x->ne[0];

    ggml_tensor* normed = nn::layer_norm(graph, x);
    graph.tap(name_ + ".pre_norm", normed, stream.tap(channels));
    ggml_tensor* input = modulate(graph, normed, modulation, linear1_.input_type(graph));
    ggml_tensor* joined = graph.fuses() ? join_in_place(context, input) : join(context, input);
    ggml_tensor* hidden = channels_from(graph, joined, channels);
    graph.tap(name_ + ".mlp_act", hidden, stream.tap(hidden->ne[0]));

    ggml_tensor* y = linear2_.forward(graph, joined);
    graph.tap(name_ + ".linear2", y, stream.tap(channels));
    return graph.tap(name_, gate(graph, x, y, modulation.gate), stream.tap(channels));
}

ggml_tensor* SingleStreamBlock::join(const BlockContext& context, ggml_tensor* x) const {
    Graph& graph = context.graph;
    const TokenStream& stream = context.tokens.joint;
    ggml_tensor* projected = linear1_.forward(graph, x);
    graph.tap(name_ + ".linear1", projected, stream.tap(projected->ne[0]));
    const Heads heads = norm_.forward(graph, split_heads(graph, projected, heads_, head_size_), stream);
    ggml_tensor* attended = attend(context, {{heads, stream}}, nn::products_of(linear1_.weight), GGML_TYPE_F32);
    ggml_tensor* hidden = channels_from(graph, projected, 3 * heads_ * head_size_);
    return concat_channels(graph, attended, nn::gelu_tanh(graph, hidden));
}

ggml_tensor* SingleStreamBlock::join_in_place(const BlockContext& context, ggml_tensor* x) const {
    Graph& graph = context.graph;
    const TokenStream& stream = context.tokens.joint;
    const int64_t channels = heads_ * head_size_;
    const int64_t all = linear1_.weight->ne[1];
    ggml_tensor* qkv = linear1_.outputs(graph, 0, 3 * channels).forward(graph, x);
    ggml_tensor* hidden = linear1_.outputs(graph, 3 * channels, all - 3 * channels).forward(graph, x);
    graph.tap_beside(name_ + ".linear1", qkv, hidden, stream.tap(all));
    ggml_tensor* joined = nn::gelu_tanh_behind(graph, hidden, channels, linear2_.input_type(graph));
    const Heads heads = norm_.forward(graph, split_heads(graph, qkv, heads_, head_size_), stream);
    return attend_into(context, joined, {{heads, stream}}, nn::products_of(linear1_.weight));
}

}  // namespace chroma
