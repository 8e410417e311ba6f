#include "autoencoder/group_norm.h"

#include "common/error.h"
#include "nn/channels.h"
#include "nn/norm.h"

namespace chroma::autoencoder {

GroupNorm::GroupNorm(WeightLoader& loader, const std::string& prefix, int64_t channels)
    : scale(loader.declare(prefix + ".weight", {channels}, WeightKind::Vector)),
      bias(loader.declare(prefix + ".bias", {channels}, WeightKind::Vector)) {
    if (channels % kGroups != 0) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'", prefix, ".weight' of '", loader.checkpoint().path(), "' is for ", channels,
             " channels, but these are normed in ", kGroups, " groups, so their number must be a multiple of that.");
    }
}

ggml_tensor* GroupNorm::forward(Graph& graph, ggml_tensor* x) const {
    return nn::group_norm(graph, x, scale, bias, kGroups);
}

ggml_tensor* GroupNorm::forward(Graph& graph, ggml_tensor* x, ggml_tensor* mean,
                                ggml_tensor* reciprocal_deviation) const {
    // (x - mean) * r * scale + bias = x * a + b with a = r * scale and b = bias - mean * a
    ggml_context* context = graph.context();
    ggml_tensor* a = ggml_mul(context, reciprocal_deviation, scale);
    ggml_tensor* b = ggml_sub(context, bias, ggml_mul(context, mean, a));
    ggml_tensor* y = ggml_mul(context, x, nn::per_channel(graph, a, x));
    return ggml_add_inplace(context, y, nn::per_channel(graph, b, x));
}

}  // namespace chroma::autoencoder
