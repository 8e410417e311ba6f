#include "transformer/double_stream_block.h"

#include "nn/norm.h"

namespace chroma {

DoubleStreamBlock::Side::Side(WeightLoader& loader, const std::string& prefix, const TransformerSizes& sizes)
    : name(prefix),
      qkv(loader, prefix + "_attn.qkv", sizes.hidden, 3 * sizes.hidden, true),
      norm(loader, prefix + "_attn.norm", sizes.head_size),
      proj(loader, prefix + "_attn.proj", sizes.hidden, sizes.hidden, true),
      mlp(loader, prefix + "_mlp", sizes.hidden, sizes.mlp) {}

DoubleStreamBlock::DoubleStreamBlock(WeightLoader& loader, const std::string& prefix, const TransformerSizes& sizes)
    : heads_(sizes.heads),
      head_size_(sizes.head_size),
      img_(loader, prefix + ".img", sizes),
      txt_(loader, prefix + ".txt", sizes) {}

namespace {

using Side = DoubleStreamBlock::Side;

// modulate(norm(x)), for the layer that reads it
ggml_tensor* normed(Graph& graph, const std::string& norm_name, ggml_tensor* x, const ModulationOut& modulation,
                    const TokenStream& stream, const nn::Linear& reader) {
    ggml_tensor* normed = nn::layer_norm(graph, x);
    graph.tap(norm_name, normed, stream.tap(x->ne[0]));
    return modulate(graph, normed, modulation, reader.input_type(graph));
}

// The stream's queries, keys and values.
Heads project(Graph& graph, const Side& side, ggml_tensor* x, const ModulationOut& modulation,
              const TokenStream& stream, int64_t heads, int64_t head_size) {
    ggml_tensor* qkv = side.qkv.forward(graph, normed(graph, side.name + "_norm1", x, modulation, stream, side.qkv));
    graph.tap(side.name + "_attn.qkv", qkv, stream.tap(qkv->ne[0]));
    return side.norm.forward(graph, split_heads(graph, qkv, heads, head_size), stream);
}

// x + gate * proj(attended), then the same with the MLP.
ggml_tensor* finish(Graph& graph, const Side& side, ggml_tensor* x, ggml_tensor* attended,
                    const DoubleModulation& modulation, const TokenStream& stream) {
    ggml_tensor* y = side.proj.forward(graph, attended);
    graph.tap(side.name + "_attn.proj", y, stream.tap(y->ne[0]));
    x = gate(graph, x, y, modulation.attention.gate);
    y = side.mlp.forward(graph, normed(graph, side.name + "_norm2", x, modulation.mlp, stream, side.mlp.in), stream);
    x = gate(graph, x, y, modulation.mlp.gate);
    return graph.tap(side.name, x, stream.tap(x->ne[0]));
}

}  // namespace

DoubleStream DoubleStreamBlock::forward(const BlockContext& context, const DoubleStream& x,
                                        const DoubleModulation& img_mod, const DoubleModulation& txt_mod) const {
    Graph& graph = context.graph;
    const PackedTokens& tokens = context.tokens;
    const TokenStream& entering = tokens.image_of(x.img);
    const Heads img = project(graph, img_, x.img, img_mod.attention, entering, heads_, head_size_);
    const Heads txt = project(graph, txt_, x.txt, txt_mod.attention, tokens.text, heads_, head_size_);

    ggml_tensor* attended = attend(context, {{txt, tokens.text}, {img, entering}}, nn::products_of(img_.qkv.weight),
                                   img_.proj.input_type(graph));
    const auto of_stream = [&](int64_t first, const TokenStream& stream) {
        return slice_tokens(graph, attended, {first, stream.tokens()});
    };
    return {finish(graph, img_, separate(graph, x.img, tokens), of_stream(tokens.text.tokens(), tokens.image), img_mod,
                   tokens.image),
            finish(graph, txt_, x.txt, of_stream(0, tokens.text), txt_mod, tokens.text)};
}

}  // namespace chroma
