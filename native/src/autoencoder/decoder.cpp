#include "autoencoder/decoder.h"

#include <algorithm>

#include "autoencoder/taps.h"
#include "common/error.h"

namespace chroma::autoencoder {

namespace {

std::vector<Level> levels(WeightLoader& loader, int64_t channels) {
    std::vector<Level> up;
    for (int i = loader.block_count("decoder.up.") - 1; i >= 0; --i) {
        const std::string name = "decoder.up." + std::to_string(i);
        up.emplace_back(loader, name, channels);
        channels = up.back().channels();
        if (up.back().upsample.has_value() == (i == 0)) {
            fail(CHROMA_ERROR_MISSING_TENSOR, "'", loader.checkpoint().path(), "' must have a tensor '", name,
                 ".upsample.conv.weight' for every level of the decoder but the one of index 0.");
        }
    }
    if (up.empty()) {
        fail(CHROMA_ERROR_MISSING_TENSOR, "'", loader.checkpoint().path(), "' has no level 'decoder.up.0'.");
    }
    std::reverse(up.begin(), up.end());
    check_levels(loader, "decoder.up.", up);
    return up;
}

}  // namespace

Decoder::Decoder(WeightLoader& loader)
    : conv_in([&] {
          const Shape shape = convolution_shape(loader, "decoder.conv_in.weight");
          return nn::Conv2d(loader, "decoder.conv_in", shape[1], shape[0], 3);
      }()),
      mid(loader, "decoder.mid", conv_in.weight->ne[3]),
      up(levels(loader, conv_in.weight->ne[3])),
      out(loader, "decoder", up.front().channels(), 3) {}

int64_t Decoder::block_count() const {
    int64_t count = 4;  // mid, and the output layers
    for (const Level& level : up) {
        count += static_cast<int64_t>(level.blocks.size());
    }
    return count;
}

ggml_tensor* Decoder::forward(Graph& graph, ggml_tensor* z) const {
    ggml_tensor* x = forward_head(graph, z);
    for (size_t i = up.size() - 1; i > 0; --i) {
        x = up[i - 1].forward_blocks(graph, up[i].upsample->forward(graph, x));
    }
    return out.forward(graph, x);
}

ggml_tensor* Decoder::forward_head(Graph& graph, ggml_tensor* z) const {
    ggml_tensor* x = tap_image(graph, "decoder.conv_in", conv_in.forward(graph, z));
    return up.back().forward_blocks(graph, mid.forward(graph, x));
}

}  // namespace chroma::autoencoder
