#include "nn/conv.h"

#include <algorithm>
#include <vector>

#include "nn/concat.h"

namespace chroma::nn {

namespace {

// Bytes of a band's im2col matrix, and the most bands that a picture is cut into.
constexpr int64_t kBandBytes = 32LL << 20;
constexpr int64_t kMaxBands = 32;

struct Geometry {
    int64_t kernel;
    int64_t stride;
    int64_t padding;
    int64_t out_width;
    int64_t out_height;
};

// Rows first .. first + count of one sample's result: [out_width, count, out].
ggml_tensor* band(Graph& graph, ggml_tensor* weight, ggml_tensor* x, int64_t sample, int64_t first, int64_t count,
                  const Geometry& g) {
    ggml_context* context = graph.context();
    const int64_t height = x->ne[1];
    const int64_t above = first * g.stride - g.padding;
    const int64_t below = (first + count - 1) * g.stride - g.padding + g.kernel;
    const bool at_edge = above < 0 || below > height;
    const int64_t from = std::max<int64_t>(above, 0);
    const int64_t to = std::min(below, height);
    ggml_tensor* rows = ggml_view_4d(context, x, x->ne[0], to - from, x->ne[2], 1, x->nb[1], x->nb[2], x->nb[3],
                                     static_cast<size_t>(from) * x->nb[1] + static_cast<size_t>(sample) * x->nb[3]);
    // im2col pads above and below alike. In a band at one edge only, the rows that padding adds at the other are left
    // out.
    ggml_tensor* patches =
        ggml_im2col(context, weight, rows, static_cast<int>(g.stride), static_cast<int>(g.stride),
                    static_cast<int>(g.padding), at_edge ? static_cast<int>(g.padding) : 0, 1, 1, true, weight->type);
    const int64_t skipped = at_edge ? (first * g.stride - from) / g.stride : 0;
    patches = ggml_view_2d(context, patches, patches->ne[0], g.out_width * count, patches->nb[1],
                           static_cast<size_t>(skipped) * patches->nb[2]);
    ggml_tensor* kernels = ggml_reshape_2d(context, weight, patches->ne[0], weight->ne[3]);
    ggml_tensor* result = ggml_mul_mat(context, patches, kernels);  // [out_width * count, out]
    return ggml_reshape_3d(context, result, g.out_width, count, weight->ne[3]);
}

}  // namespace

Conv2d::Conv2d(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out, int64_t kernel)
    : weight(loader.declare(prefix + ".weight", {out, in, kernel, kernel}, WeightKind::Convolution)),
      bias(loader.declare(prefix + ".bias", {out}, WeightKind::Vector)) {}

ggml_tensor* Conv2d::forward(Graph& graph, ggml_tensor* x, int stride, int padding) const {
    ggml_context* context = graph.context();
    const int64_t kernel = weight->ne[0];
    const Geometry g{kernel, stride, padding, (x->ne[0] + 2 * padding - kernel) / stride + 1,
                     (x->ne[1] + 2 * padding - kernel) / stride + 1};
    const int64_t out = weight->ne[3];
    const int64_t samples = x->ne[3];

    const int64_t row_bytes =
        g.out_width * kernel * kernel * x->ne[2] * static_cast<int64_t>(ggml_type_size(weight->type));
    const int64_t band_rows = std::clamp(std::max(kBandBytes / row_bytes, (g.out_height + kMaxBands - 1) / kMaxBands),
                                         int64_t{1}, g.out_height);
    std::vector<ggml_tensor*> results;
    for (int64_t sample = 0; sample < samples; ++sample) {
        ggml_tensor* result = band(graph, weight, x, sample, 0, band_rows, g);
        if (band_rows < g.out_height) {
            // The first band, extended to the size of the whole result, takes the others.
            result = ggml_pad(context, result, 0, static_cast<int>(g.out_height - band_rows), 0, 0);
        }
        for (int64_t first = band_rows; first < g.out_height; first += band_rows) {
            const int64_t count = std::min(band_rows, g.out_height - first);
            ggml_tensor* part = band(graph, weight, x, sample, first, count, g);
            result = ggml_set_inplace(context, result, part, result->nb[1], result->nb[2], result->nb[3],
                                      static_cast<size_t>(first) * result->nb[1]);
        }
        results.push_back(result);
    }
    ggml_tensor* result = concat(graph, std::move(results), 3);
    return ggml_add_inplace(context, result, ggml_reshape_3d(context, bias, 1, 1, out));
}

ggml_tensor* Conv2d::forward(Graph& graph, ggml_tensor* x) const {
    return forward(graph, x, 1, static_cast<int>(weight->ne[0] / 2));
}

}  // namespace chroma::nn
