#include "autoencoder/res_block.h"

#include "autoencoder/taps.h"
#include "nn/activation.h"

namespace chroma::autoencoder {

ResBlock::ResBlock(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out)
    : norm1(loader, prefix + ".norm1", in),
      conv1(loader, prefix + ".conv1", in, out, 3),
      norm2(loader, prefix + ".norm2", out),
      conv2(loader, prefix + ".conv2", out, out, 3),
      in_channels(in),
      out_channels(out),
      prefix_(prefix) {
    if (in != out) {
        shortcut.emplace(loader, prefix + ".nin_shortcut", in, out, 1);
    }
}

ggml_tensor* ResBlock::forward(Graph& graph, ggml_tensor* x) const {
    ggml_tensor* hidden = tap_image(graph, prefix_ + ".norm1", norm1.forward(graph, x));
    hidden = tap_image(graph, prefix_ + ".conv1", conv1.forward(graph, nn::silu(graph, hidden)));
    hidden = tap_image(graph, prefix_ + ".norm2", norm2.forward(graph, hidden));
    hidden = tap_image(graph, prefix_ + ".conv2", conv2.forward(graph, nn::silu(graph, hidden)));
    if (shortcut) {
        x = tap_image(graph, prefix_ + ".nin_shortcut", shortcut->forward(graph, x));
    }
    return graph.block_end(tap_image(graph, prefix_, ggml_add(graph.context(), x, hidden)));
}

}  // namespace chroma::autoencoder
