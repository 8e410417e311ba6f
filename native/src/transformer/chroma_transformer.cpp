#include "transformer/chroma_transformer.h"

namespace chroma {

namespace {

nn::Linear edge(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out) {
    return {loader, prefix, in, out, true, WeightKind::Edge};
}

template <typename Block>
std::vector<Block> blocks(WeightLoader& loader, const std::string& prefix, int64_t count,
                          const TransformerSizes& sizes) {
    std::vector<Block> out;
    out.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        out.emplace_back(loader, prefix + std::to_string(i), sizes);
    }
    return out;
}

// The image tokens of the joint stream.
ggml_tensor* image_part(Graph& graph, ggml_tensor* x, const PackedTokens& tokens) {
    return slice_tokens(graph, x, {tokens.text.tokens(), tokens.image.tokens()});
}

}  // namespace

ChromaTransformer::ChromaTransformer(std::shared_ptr<const Checkpoint> checkpoint, std::shared_ptr<Engine> engine,
                                     const WeightOptions& options, const std::array<int32_t, 3>& rope_axes)
    : ChromaTransformer(
          std::make_unique<WeightLoader>(std::move(checkpoint), CHROMA_ARCHITECTURE_CHROMA, std::move(engine), options),
          rope_axes) {}

ChromaTransformer::ChromaTransformer(std::unique_ptr<WeightLoader> loader, const std::array<int32_t, 3>& rope_axes)
    : ChromaTransformer(*loader, TransformerSizes::infer(*loader, rope_axes)) {
    weights_ = loader->load();
}

ChromaTransformer::ChromaTransformer(WeightLoader& loader, const TransformerSizes& sizes)
    : sizes_(sizes),
      approximator_(loader, sizes_),
      img_in_(edge(loader, "img_in", sizes_.token_channels(), sizes_.hidden)),
      txt_in_(edge(loader, "txt_in", sizes_.context, sizes_.hidden)),
      double_blocks_(blocks<DoubleStreamBlock>(loader, "double_blocks.", sizes_.double_blocks, sizes_)),
      single_blocks_(blocks<SingleStreamBlock>(loader, "single_blocks.", sizes_.single_blocks, sizes_)),
      final_layer_(loader, sizes_) {}

void ChromaTransformer::check(std::shared_ptr<const Checkpoint> checkpoint) {
    WeightLoader loader(std::move(checkpoint), CHROMA_ARCHITECTURE_CHROMA, nullptr, {});
    [[maybe_unused]] const ChromaTransformer declared(loader, TransformerSizes::infer(loader));
    loader.check_all_declared();
}

ggml_tensor* ChromaTransformer::forward(Graph& graph, ggml_tensor* img, ggml_tensor* txt, ggml_tensor* modulation,
                                        const PackedTokens& tokens, const std::vector<float>& ids,
                                        bool with_streams) const {
    const RopeTensors rope(graph, ids, sizes_.rope);
    const BlockContext context{graph, tokens, rope};
    const ModulationIndex index = sizes_.modulation();
    const auto keep = [&](const char* name, ggml_tensor* stream) {
        if (with_streams) {
            // A copy: the stream itself may be written over.
            graph.output(name, ggml_cont(graph.context(), separate(graph, stream, tokens)));
        }
    };

    DoubleStream streams{graph.tap("img_in", img_in_.forward(graph, img), tokens.entry.tap(sizes_.hidden)),
                         graph.tap("txt_in", txt_in_.forward(graph, txt), tokens.text.tap(sizes_.hidden))};
    keep(kEntryOutput, streams.img);
    for (size_t i = 0; i < double_blocks_.size(); ++i) {
        const auto block = static_cast<int64_t>(i);
        streams =
            double_blocks_[i].forward(context, streams, double_modulation_at(graph, modulation, index.image(block)),
                                      double_modulation_at(graph, modulation, index.text(block)));
        graph.block_end(streams.img);
        if (i == 0) {
            keep(kFirstOutput, streams.img);
        }
    }

    ggml_tensor* x = concat_tokens(graph, {streams.txt, separate(graph, streams.img, tokens)});
    for (size_t i = 0; i < single_blocks_.size(); ++i) {
        const auto block = static_cast<int64_t>(i);
        x = graph.block_end(
            single_blocks_[i].forward(context, x, modulation_at(graph, modulation, index.single(block))));
    }

    x = image_part(graph, x, tokens);
    keep(kLastOutput, x);
    return final_layer_.forward(graph, x, final_modulation_at(graph, modulation, index.last()), tokens.image);
}

}  // namespace chroma
