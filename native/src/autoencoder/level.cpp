#include "autoencoder/level.h"

#include <algorithm>

#include "autoencoder/taps.h"
#include "common/error.h"
#include "nn/activation.h"

namespace chroma::autoencoder {

Shape convolution_shape(const WeightLoader& loader, const std::string& name) {
    Shape shape = loader.shape_of(name);
    constexpr int64_t kMostChannels = 1 << 16;
    if (shape.size() != 4 || shape[0] < 1 || shape[1] < 1 || shape[0] > kMostChannels || shape[1] > kMostChannels) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "The tensor '", name, "' of '", loader.checkpoint().path(), "' has the shape ",
             shape_text(shape), ", but must be a convolution's [out, in, height, width].");
    }
    return shape;
}

Level::Level(WeightLoader& loader, const std::string& prefix, int64_t in) {
    const int count = loader.block_count(prefix + ".block.");
    if (count < 1) {
        fail(CHROMA_ERROR_MISSING_TENSOR, "'", loader.checkpoint().path(), "' has no tensor '", prefix,
             ".block.0.conv1.weight'.");
    }
    blocks.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
        const std::string name = prefix + ".block." + std::to_string(i);
        const int64_t out = convolution_shape(loader, name + ".conv1.weight")[0];
        blocks.emplace_back(loader, name, in, out);
        in = out;
    }
    if (loader.has(prefix + ".upsample.conv.weight")) {
        upsample.emplace(loader, prefix + ".upsample", in);
    }
    if (loader.has(prefix + ".downsample.conv.weight")) {
        downsample.emplace(loader, prefix + ".downsample", in);
    }
}

ggml_tensor* Level::forward_blocks(Graph& graph, ggml_tensor* x) const {
    for (const ResBlock& block : blocks) {
        x = block.forward(graph, x);
    }
    return x;
}

ggml_tensor* Level::forward(Graph& graph, ggml_tensor* x) const {
    x = forward_blocks(graph, x);
    x = upsample ? upsample->forward(graph, x) : x;
    return downsample ? downsample->forward(graph, x) : x;
}

void check_levels(const WeightLoader& loader, const std::string& prefix, const std::vector<Level>& levels) {
    size_t most = 0;
    for (const Level& level : levels) {
        most = std::max(most, level.blocks.size());
    }
    for (size_t i = 0; i < levels.size(); ++i) {
        if (levels[i].blocks.size() < most) {
            fail(CHROMA_ERROR_MISSING_TENSOR, "'", loader.checkpoint().path(), "' lacks the tensor '", prefix, i,
                 ".block.", levels[i].blocks.size(), ".conv1.weight': its other levels have ", most, " blocks.");
        }
    }
}

Mid::Mid(WeightLoader& loader, const std::string& prefix, int64_t channels)
    : block_1(loader, prefix + ".block_1", channels, channels),
      attn_1(loader, prefix + ".attn_1", channels),
      block_2(loader, prefix + ".block_2", channels, channels) {}

ggml_tensor* Mid::forward(Graph& graph, ggml_tensor* x) const {
    return block_2.forward(graph, attn_1.forward(graph, block_1.forward(graph, x)));
}

Out::Out(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out)
    : norm(loader, prefix + ".norm_out", in),
      conv(loader, prefix + ".conv_out", in, out, 3),
      channels(out),
      prefix_(prefix) {}

ggml_tensor* Out::forward(Graph& graph, ggml_tensor* x) const {
    x = tap_image(graph, prefix_ + ".norm_out", norm.forward(graph, x));
    x = tap_image(graph, prefix_ + ".conv_out", conv.forward(graph, nn::silu(graph, x)));
    return graph.block_end(tap_image(graph, prefix_, x));
}

}  // namespace chroma::autoencoder
