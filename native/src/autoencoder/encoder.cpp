#include "autoencoder/encoder.h"

#include "autoencoder/taps.h"
#include "common/error.h"

namespace chroma::autoencoder {

namespace {

int64_t first_channels(const WeightLoader& loader) {
    const Shape shape = convolution_shape(loader, "encoder.conv_in.weight");
    if (shape[1] != 3) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'encoder.conv_in.weight' of '", loader.checkpoint().path(), "' takes ",
             shape[1], " channels, but pictures have 3.");
    }
    return shape[0];
}

std::vector<Level> levels(WeightLoader& loader, int64_t channels) {
    std::vector<Level> down;
    const int count = loader.block_count("encoder.down.");
    for (int i = 0; i < count; ++i) {
        const std::string name = "encoder.down." + std::to_string(i);
        down.emplace_back(loader, name, channels);
        channels = down.back().channels();
        if (down.back().downsample.has_value() == (i + 1 == count)) {
            fail(CHROMA_ERROR_MISSING_TENSOR, "'", loader.checkpoint().path(), "' must have a tensor '", name,
                 ".downsample.conv.weight' for every level of the encoder but the last.");
        }
    }
    if (down.empty()) {
        fail(CHROMA_ERROR_MISSING_TENSOR, "'", loader.checkpoint().path(), "' has no level 'encoder.down.0'.");
    }
    check_levels(loader, "encoder.down.", down);
    return down;
}

int64_t moments(const WeightLoader& loader) {
    const int64_t channels = convolution_shape(loader, "encoder.conv_out.weight")[0];
    if (channels % 2 != 0) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'encoder.conv_out.weight' of '", loader.checkpoint().path(), "' gives ",
             channels, " channels, but they must be as many for the variance as for the mean.");
    }
    return channels;
}

}  // namespace

Encoder::Encoder(WeightLoader& loader)
    : conv_in(loader, "encoder.conv_in", 3, first_channels(loader), 3),
      down(levels(loader, first_channels(loader))),
      mid(loader, "encoder.mid", down.back().channels()),
      out(loader, "encoder", down.back().channels(), moments(loader)) {}

int64_t Encoder::downscale() const {
    return int64_t{1} << (down.size() - 1);
}

int64_t Encoder::block_count() const {
    int64_t count = 4;  // mid, and the output layers
    for (const Level& level : down) {
        count += static_cast<int64_t>(level.blocks.size());
    }
    return count;
}

ggml_tensor* Encoder::forward(Graph& graph, ggml_tensor* x) const {
    x = tap_image(graph, "encoder.conv_in", conv_in.forward(graph, x));
    for (size_t i = 0; i + 1 < down.size(); ++i) {
        x = down[i].forward(graph, x);
    }
    return forward_tail(graph, x);
}

ggml_tensor* Encoder::forward_tail(Graph& graph, ggml_tensor* x) const {
    return out.forward(graph, mid.forward(graph, down.back().forward_blocks(graph, x)));
}

}  // namespace chroma::autoencoder
