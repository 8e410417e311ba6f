#include "transformer/approximator.h"

#include <algorithm>

#include "nn/activation.h"

namespace chroma {

namespace {

constexpr const char* kName = "distilled_guidance_layer";

std::string layer_name(size_t index) {
    return std::string(kName) + ".layers." + std::to_string(index);
}
std::string norm_name(size_t index) {
    return std::string(kName) + ".norms." + std::to_string(index);
}

nn::Linear linear(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out) {
    return {loader, prefix, in, out, true, WeightKind::Approximator};
}

}  // namespace

Approximator::Approximator(WeightLoader& loader, const TransformerSizes& sizes) {
    const std::string name = kName;
    const int64_t hidden = sizes.approximator_hidden;
    in_proj_ = linear(loader, name + ".in_proj", sizes.approximator_inputs, hidden);
    for (size_t i = 0; i < static_cast<size_t>(sizes.approximator_layers); ++i) {
        layers_.push_back({RMSNorm(loader, norm_name(i), hidden),
                           linear(loader, layer_name(i) + ".in_layer", hidden, hidden),
                           linear(loader, layer_name(i) + ".out_layer", hidden, hidden)});
    }
    out_proj_ = linear(loader, name + ".out_proj", hidden, sizes.hidden);
}

ggml_tensor* Approximator::forward(Graph& graph, ggml_tensor* x, int64_t count) const {
    const int64_t rows = x->ne[1] / count;
    const auto tap = [&](const std::string& name, ggml_tensor* tensor) {
        return graph.tap(name, tensor, {.shape = {count, rows, tensor->ne[0]}, .rows = nullptr, .heads = 0});
    };
    const std::string name = kName;
    x = tap(name + ".in_proj", in_proj_.forward(graph, x));
    for (size_t i = 0; i < layers_.size(); ++i) {
        const Layer& layer = layers_[i];
        ggml_tensor* y = tap(norm_name(i), layer.norm.forward(graph, x));
        y = tap(layer_name(i) + ".in_layer", layer.in.forward(graph, y));
        y = tap(layer_name(i) + ".silu", nn::silu(graph, y));
        y = tap(layer_name(i) + ".out_layer", layer.out.forward(graph, y));
        y = tap(layer_name(i), y);
        x = ggml_add(graph.context(), x, y);
    }
    x = tap(name + ".out_proj", out_proj_.forward(graph, x));
    return tap(name, x);
}

bool Approximator::is_tapped(const TapListener& taps) const {
    const std::string name = kName;
    bool tapped = taps.wants(name) || taps.wants(name + ".in_proj") || taps.wants(name + ".out_proj");
    for (size_t i = 0; i < layers_.size(); ++i) {
        for (const char* part : {"", ".in_layer", ".silu", ".out_layer"}) {
            tapped = tapped || taps.wants(layer_name(i) + part);
        }
        tapped = tapped || taps.wants(norm_name(i));
    }
    return tapped;
}

}  // namespace chroma
