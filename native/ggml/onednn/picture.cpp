#include "onednn/picture.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>
#include <vector>

#include "numbers/padded.h"
#include "onednn/convolution.h"
#include "onednn/custom.h"
#include "onednn/pixels.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

constexpr int64_t kChannelMultiple = 16;

// Rows of a picture that are worked on at a time.
constexpr int64_t kRowsAtATime = 4;

template <typename Body>
void for_rows(int64_t rows, int threads, const Body& body) {
    on_all_threads(threads, [&](int) {
#pragma omp for schedule(dynamic)
        for (int64_t first = 0; first < rows; first += kRowsAtATime) {
            body(first, std::min(kRowsAtATime, rows - first));
        }
    });
}

std::byte* row_of(const ggml_tensor* picture, int64_t row) {
    return static_cast<std::byte*>(picture->data) + static_cast<size_t>(row) * picture->nb[2];
}

void compute_picture(ggml_tensor* node, int threads, Workspace& /*workspace*/) {
    const ggml_tensor* x = node->src[0];
    const auto* values = static_cast<const float*>(x->data);
    const int64_t width = node->ne[1];
    for_rows(node->ne[2], threads, [&](int64_t first, int64_t count) {
        interleave(values + first * width, width * node->ne[2], count * width, x->ne[2], node->ne[0], node->type,
                   row_of(node, first));
    });
}

void compute_group_norm(ggml_tensor* node, int threads, Workspace& /*workspace*/) {
    const ggml_tensor* x = node->src[0];
    const auto* scale = static_cast<const float*>(node->src[1]->data);
    const auto* bias = static_cast<const float*>(node->src[2]->data);
    const int64_t channels = x->ne[0];
    const int64_t rows = x->ne[2];
    const int64_t per_group = channels / parameter(node, 0);
    const auto epsilon = std::bit_cast<float>(parameter(node, 1));

    // Parts of fixed size, added up in their order: the sum does not depend on the number of threads.
    const int64_t parts = (rows + kRowsAtATime - 1) / kRowsAtATime;
    std::vector<double> moments(static_cast<size_t>(2 * channels * parts));
    for_rows(rows, threads, [&](int64_t first, int64_t count) {
        double* own = moments.data() + first / kRowsAtATime * 2 * channels;
        add_moments(x->type, row_of(x, first), count * x->ne[1], channels, own, own + channels);
    });
    for (int64_t part = 1; part < parts; ++part) {
        for (int64_t i = 0; i < 2 * channels; ++i) {
            moments[static_cast<size_t>(i)] += moments[static_cast<size_t>(part * 2 * channels + i)];
        }
    }

    auto* factor = static_cast<float*>(node->data);
    float* shift = factor + channels;
    const double count = static_cast<double>(per_group) * static_cast<double>(x->ne[1] * rows);
    for (int64_t first = 0; first < channels; first += per_group) {
        double sum = 0;
        double square = 0;
        for (int64_t i = first; i < first + per_group; ++i) {
            sum += moments[static_cast<size_t>(i)];
            square += moments[static_cast<size_t>(channels + i)];
        }
        const double mean = sum / count;
        const double deviation = std::sqrt(std::max(0.0, square / count - mean * mean) + epsilon);
        for (int64_t i = first; i < first + per_group; ++i) {
            factor[i] = static_cast<float>(scale[i] / deviation);
            shift[i] = static_cast<float>(bias[i] - mean * scale[i] / deviation);
        }
    }
}

void compute_normalise(ggml_tensor* node, int threads, Workspace& /*workspace*/) {
    const ggml_tensor* x = node->src[0];
    const auto* factor = static_cast<const float*>(node->src[1]->data);
    for_rows(node->ne[2], threads, [&](int64_t first, int64_t count) {
        transform_pixels(node->type, row_of(x, first), count * x->ne[1], x->ne[0], {factor, factor + x->ne[0], false},
                         row_of(node, first));
    });
}

enum class Result { Picture, Planes, Sum };

// Operands: [picture to add to,] x, weight, bias [, norm]; parameters: Resize, Result, whether there is a norm.
void compute_convolution(ggml_tensor* node, int threads, Workspace& workspace) {
    const auto result = static_cast<Result>(parameter(node, 1));
    ggml_tensor* const* operands = node->src + (result == Result::Sum ? 1 : 0);
    ConvolutionTask task;
    task.x = operands[0];
    task.weight = operands[1];
    task.bias = static_cast<const float*>(operands[2]->data);
    task.norm = parameter(node, 2) != 0 ? static_cast<const float*>(operands[3]->data) : nullptr;
    task.resize = static_cast<Resize>(parameter(node, 0));
    task.to = node;
    task.planes = result == Result::Planes;
    task.add = result == Result::Sum;
    convolution(task, threads, workspace);
}

std::vector<ggml_tensor*> operands_of(const ConvolutionStep& step) {
    std::vector<ggml_tensor*> operands{step.x, step.weight, step.bias};
    if (step.norm != nullptr) {
        operands.push_back(step.norm);
    }
    return operands;
}

ggml_tensor* set_parameters(ggml_tensor* node, const ConvolutionStep& step, Result result) {
    set_parameter(node, 0, static_cast<int32_t>(step.resize));
    set_parameter(node, 1, static_cast<int32_t>(result));
    set_parameter(node, 2, step.norm != nullptr ? 1 : 0);
    return node;
}

int64_t resized(int64_t length, Resize resize) {
    switch (resize) {
        case Resize::Double:
            return 2 * length;
        case Resize::Halve:
            return length / 2;
        default:
            return length;
    }
}

}  // namespace

ggml_tensor* picture(ggml_context* context, ggml_tensor* x, ggml_type type) {
    const int64_t channels = padded(x->ne[2], kChannelMultiple);
    return custom(context, compute_picture, type, std::array{channels, x->ne[0], x->ne[1]}, std::array{x});
}

ggml_tensor* group_norm(ggml_context* context, ggml_tensor* x, ggml_tensor* scale, ggml_tensor* bias, int groups,
                        float epsilon) {
    ggml_tensor* node = custom(context, compute_group_norm, GGML_TYPE_F32, std::array{x->ne[0], int64_t{2}},
                               std::array{x, scale, bias});
    set_parameter(node, 0, groups);
    set_parameter(node, 1, std::bit_cast<int32_t>(epsilon));
    return node;
}

ggml_tensor* normalise(ggml_context* context, ggml_tensor* x, ggml_tensor* norm) {
    return custom(context, compute_normalise, x->type, std::span(x->ne, 3), std::array{x, norm});
}

ggml_tensor* convolution(ggml_context* context, const ConvolutionStep& step) {
    const std::array ne{step.weight->ne[3], resized(step.x->ne[1], step.resize), resized(step.x->ne[2], step.resize)};
    return set_parameters(custom(context, compute_convolution, step.x->type, ne, operands_of(step)), step,
                          Result::Picture);
}

ggml_tensor* convolution_to_planes(ggml_context* context, const ConvolutionStep& step) {
    const std::array ne{resized(step.x->ne[1], step.resize), resized(step.x->ne[2], step.resize), step.weight->ne[3]};
    return set_parameters(custom(context, compute_convolution, GGML_TYPE_F32, ne, operands_of(step)), step,
                          Result::Planes);
}

ggml_tensor* add_convolution(ggml_context* context, ggml_tensor* picture, const ConvolutionStep& step) {
    return set_parameters(custom_inplace(context, compute_convolution, picture, operands_of(step)), step, Result::Sum);
}

}  // namespace chroma::onednn
