#include "nn/conv.h"

#include <algorithm>
#include <vector>

#include "nn/channels.h"
#include "nn/concat.h"

namespace chroma::nn {

namespace {

// Bytes of a band's im2col matrix, and the most bands that a picture is cut into.
constexpr int64_t kBandBytes = 32LL << 20;
constexpr int64_t kMaxBands = 32;

// One convolution of one size.
class Convolution {
  public:
    Convolution(Graph& graph, ggml_tensor* weight, const ggml_tensor* x, int stride, int padding)
        : context_(graph.context()),
          stride_(stride),
          padding_(padding),
          kernel_(weight->ne[0]),
          channels_(weight->ne[3]),
          steps_(stride == 1 ? weight->ne[1] : 1),
          width_((x->ne[0] + 2 * int64_t{padding} - kernel_) / stride + 1),
          height_((x->ne[1] + 2 * int64_t{padding} - kernel_) / stride + 1) {
        // The part of the kernel that is laid out in one step: [K, K / steps, in, out].
        window_ = ggml_view_4d(context_, weight, kernel_, kernel_ / steps_, weight->ne[2], channels_, weight->nb[1],
                               weight->nb[2], weight->nb[3], 0);
        if (steps_ > 1) {
            weight = ggml_cont(context_, ggml_permute(context_, weight, 0, 3, 1, 2));  // [K, in, out, K]
        }
        matrices_ =
            ggml_reshape_3d(context_, weight, window_->ne[0] * window_->ne[1] * window_->ne[2], channels_, steps_);
    }

    // One sample, x: [W, H, in] -> [W', H', out]
    ggml_tensor* forward(ggml_tensor* x) const {
        const int64_t row_bytes = width_ * matrices_->ne[0] * static_cast<int64_t>(ggml_type_size(matrices_->type));
        const int64_t rows =
            std::clamp(std::max(kBandBytes / row_bytes, (height_ + kMaxBands - 1) / kMaxBands), int64_t{1}, height_);
        ggml_tensor* result = band(x, 0, rows);
        if (rows == height_) {
            return result;
        }
        // A tensor of the whole size, whatever is in it, that takes the bands.
        ggml_tensor* row = ggml_view_3d(context_, result, width_, 1, channels_, result->nb[1], result->nb[2], 0);
        ggml_tensor* whole = insert(ggml_repeat_4d(context_, row, width_, height_, channels_, 1), result, 0);
        for (int64_t first = rows; first < height_; first += rows) {
            whole = insert(whole, band(x, first, std::min(rows, height_ - first)), first);
        }
        return whole;
    }

  private:
    // Rows first .. first + count of the result.
    ggml_tensor* band(ggml_tensor* x, int64_t first, int64_t count) const {
        const int64_t above = first * stride_ - padding_;
        const int64_t below = (first + count - 1) * stride_ - padding_ + kernel_;
        const bool at_edge = above < 0 || below > x->ne[1];
        const int64_t from = std::max<int64_t>(above, 0);
        const int64_t to = std::min(below, x->ne[1]);
        ggml_tensor* rows = ggml_view_3d(context_, x, x->ne[0], to - from, x->ne[2], x->nb[1], x->nb[2],
                                         static_cast<size_t>(from) * x->nb[1]);
        ggml_tensor* patches = ggml_im2col(context_, window_, rows, stride_, stride_, padding_, at_edge ? padding_ : 0,
                                           1, 1, true, window_->type);
        // im2col pads above and below alike: in a band at one edge only, the rows added at the other are skipped.
        const int64_t skipped = at_edge ? first - from : 0;

        ggml_tensor* sum = nullptr;
        for (int64_t step = 0; step < steps_; ++step) {
            ggml_tensor* shifted = ggml_view_2d(context_, patches, patches->ne[0], width_ * count, patches->nb[1],
                                                static_cast<size_t>(skipped + step) * patches->nb[2]);
            ggml_tensor* matrix = ggml_view_2d(context_, matrices_, matrices_->ne[0], channels_, matrices_->nb[1],
                                               static_cast<size_t>(step) * matrices_->nb[2]);
            ggml_tensor* product = ggml_mul_mat(context_, shifted, matrix);  // [W' * count, out]
            sum = sum == nullptr ? product : ggml_add_inplace(context_, sum, product);
        }
        return ggml_reshape_3d(context_, sum, width_, count, channels_);
    }

    // Writes a band into the whole.
    ggml_tensor* insert(ggml_tensor* whole, ggml_tensor* part, int64_t first) const {
        return ggml_set_inplace(context_, whole, part, whole->nb[1], whole->nb[2], whole->nb[3],
                                static_cast<size_t>(first) * whole->nb[1]);
    }

    ggml_context* context_;
    int stride_;
    int padding_;
    int64_t kernel_;
    int64_t channels_;  // of the result
    int64_t steps_;     // kernel rows that are multiplied one by one
    int64_t width_;     // of the result
    int64_t height_;    // of the result
    ggml_tensor* window_;
    ggml_tensor* matrices_;  // [elements of a step, out, steps]
};

}  // namespace

Conv2d::Conv2d(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out, int64_t kernel)
    : weight(loader.declare(prefix + ".weight", {out, in, kernel, kernel}, WeightKind::Convolution)),
      bias(loader.declare(prefix + ".bias", {out}, WeightKind::Vector)) {}

ggml_tensor* Conv2d::forward(Graph& graph, ggml_tensor* x, int stride, int padding) const {
    const Graph::KindScope kind = graph.mark(OperationKind::Convolution);
    // ggml lays out no bfloat16 pixels.
    ggml_tensor* kernel = weight->type == GGML_TYPE_BF16 ? ggml_cast(graph.context(), weight, GGML_TYPE_F32) : weight;
    const Convolution convolution(graph, kernel, x, stride, padding);
    std::vector<ggml_tensor*> samples;
    for (int64_t sample = 0; sample < x->ne[3]; ++sample) {
        samples.push_back(convolution.forward(ggml_view_3d(graph.context(), x, x->ne[0], x->ne[1], x->ne[2], x->nb[1],
                                                           x->nb[2], static_cast<size_t>(sample) * x->nb[3])));
    }
    ggml_tensor* result = concat(graph, std::move(samples), 3);
    return ggml_add_inplace(graph.context(), result, per_channel(graph, bias, result));
}

ggml_tensor* Conv2d::forward(Graph& graph, ggml_tensor* x) const {
    return forward(graph, x, 1, static_cast<int>(weight->ne[0] / 2));
}

}  // namespace chroma::nn
