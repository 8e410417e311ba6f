#include "autoencoder/attn_block.h"

#include <cmath>
#include <vector>

#include "autoencoder/taps.h"
#include "nn/attention.h"
#include "nn/concat.h"

namespace chroma::autoencoder {

AttnBlock::AttnBlock(WeightLoader& loader, const std::string& prefix, int64_t channels)
    : norm(loader, prefix + ".norm", channels),
      q(loader, prefix + ".q", channels, channels, 1),
      k(loader, prefix + ".k", channels, channels, 1),
      v(loader, prefix + ".v", channels, channels, 1),
      proj_out(loader, prefix + ".proj_out", channels, channels, 1),
      prefix_(prefix) {}

ggml_tensor* AttnBlock::forward(Graph& graph, ggml_tensor* x) const {
    ggml_context* context = graph.context();
    const int64_t width = x->ne[0];
    const int64_t height = x->ne[1];
    const int64_t channels = x->ne[2];
    const int64_t pixels = width * height;

    ggml_tensor* normed = tap_image(graph, prefix_ + ".norm", norm.forward(graph, x));
    ggml_tensor* q_image = tap_image(graph, prefix_ + ".q", q.forward(graph, normed));
    ggml_tensor* k_image = tap_image(graph, prefix_ + ".k", k.forward(graph, normed));
    ggml_tensor* v_image = tap_image(graph, prefix_ + ".v", v.forward(graph, normed));

    // One sample's [W, H, C] as tokens: [C, 1, pixels].
    const auto tokens = [&](ggml_tensor* image, int64_t sample) {
        ggml_tensor* own =
            ggml_view_2d(context, image, pixels, channels, image->nb[2], static_cast<size_t>(sample) * image->nb[3]);
        return ggml_reshape_3d(context, ggml_cont(context, ggml_transpose(context, own)), channels, 1, pixels);
    };
    const float scale = 1.0F / std::sqrt(static_cast<float>(channels));
    std::vector<ggml_tensor*> samples;
    for (int64_t sample = 0; sample < x->ne[3]; ++sample) {
        ggml_tensor* attended =
            nn::attention(graph, tokens(q_image, sample), tokens(k_image, sample), tokens(v_image, sample),
                          {.scale = scale, .products = nn::products_of(q.weight)});  // [C, pixels]
        ggml_tensor* image = ggml_cont(context, ggml_transpose(context, attended));
        samples.push_back(ggml_reshape_4d(context, image, width, height, channels, 1));
    }
    ggml_tensor* out = proj_out.forward(graph, nn::concat(graph, std::move(samples), 3));
    tap_image(graph, prefix_ + ".proj_out", out);
    return graph.block_end(tap_image(graph, prefix_, ggml_add(context, x, out)));
}

}  // namespace chroma::autoencoder
