// Two-dimensional convolution.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"
#include "weights/weight_loader.h"

namespace chroma::nn {

struct Conv2d {
    ggml_tensor* weight = nullptr;  // ggml [K, K, in, out]
    ggml_tensor* bias = nullptr;    // ggml [out]

    Conv2d() = default;

    // Declares `prefix.weight` [out, in, kernel, kernel] and `prefix.bias` [out].
    Conv2d(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out, int64_t kernel);

    // x: ggml [W, H, in, B] float32, surrounded by `padding` zeros -> [W', H', out, B]. Padding needs stride 1.
    //
    // The pixels under a kernel are laid out side by side (im2col) and multiplied with the weights. With stride 1 that
    // is done for each row of the kernel, on the same layout shifted by a row, and added up: a third of the layout's
    // memory and time, which makes it twice as fast on a CPU as ggml_conv_2d_direct. A band of rows at a time keeps the
    // memory bounded.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, int stride, int padding) const;

    // Stride 1, padded so that the size stays.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // The most operations that forward adds to a graph for each sample.
    static constexpr int64_t kMaxNodes = 450;
};

}  // namespace chroma::nn
