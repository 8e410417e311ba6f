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

    // x: ggml [W, H, in, B] float32, surrounded by `padding` zeros -> [W', H', out, B].
    //
    // The pixels under the kernel are laid out as rows (im2col) and multiplied with the weights, which is up to 1.6
    // times as fast on a CPU as ggml_conv_2d_direct. They take kernel^2 times the memory of x, so this is done for a
    // band of rows at a time. Odd kernels with stride 1 and any padding, or any kernel and stride without padding.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, int stride, int padding) const;

    // Stride 1, padded so that the size stays.
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

    // The most operations that forward adds to a graph for each sample.
    static constexpr int64_t kMaxNodes = 220;
};

}  // namespace chroma::nn
