#include "autoencoder/resample.h"

#include "autoencoder/taps.h"

namespace chroma::autoencoder {

Upsample::Upsample(WeightLoader& loader, const std::string& prefix, int64_t channels)
    : conv(loader, prefix + ".conv", channels, channels, 3), prefix_(prefix) {}

ggml_tensor* Upsample::forward(Graph& graph, ggml_tensor* x) const {
    ggml_tensor* out = conv.forward(graph, ggml_upscale(graph.context(), x, 2, GGML_SCALE_MODE_NEAREST));
    tap_image(graph, prefix_ + ".conv", out);
    return tap_image(graph, prefix_, out);
}

ggml_tensor* Upsample::forward_part(Graph& graph, ggml_tensor* x) const {
    return conv.forward(graph, ggml_upscale(graph.context(), x, 2, GGML_SCALE_MODE_NEAREST), 1, 0);
}

Downsample::Downsample(WeightLoader& loader, const std::string& prefix, int64_t channels)
    : conv(loader, prefix + ".conv", channels, channels, 3), prefix_(prefix) {}

ggml_tensor* Downsample::forward(Graph& graph, ggml_tensor* x) const {
    ggml_tensor* out = conv.forward(graph, ggml_pad(graph.context(), x, 1, 1, 0, 0), 2, 0);
    tap_image(graph, prefix_ + ".conv", out);
    return tap_image(graph, prefix_, out);
}

ggml_tensor* Downsample::forward_part(Graph& graph, ggml_tensor* x) const {
    return conv.forward(graph, x, 2, 0);
}

}  // namespace chroma::autoencoder
