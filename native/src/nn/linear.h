// y = W x + b
#pragma once

#include <string>

#include "graph/graph.h"
#include "weights/weight_loader.h"

namespace chroma::nn {

struct Linear {
    ggml_tensor* weight = nullptr;      // ggml [in, out]
    ggml_tensor* row_scales = nullptr;  // ggml [out], of int8 weights; null: other weights
    ggml_tensor* bias = nullptr;        // ggml [out]; null: none

    Linear() = default;

    // Declares `prefix.weight` [out, in] and, if with_bias, `prefix.bias` [out].
    Linear(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out, bool with_bias,
           WeightKind kind = WeightKind::Matrix);

    // The type that x is best given in by an operation that may choose: F32 or BF16.
    [[nodiscard]] ggml_type input_type(const Graph& graph) const { return graph.input_type(weight); }

    // The layer of `count` outputs from `first` on, for one graph.
    [[nodiscard]] Linear outputs(Graph& graph, int64_t first, int64_t count) const;

    // x: ggml [in, N, ...] float32 or of input_type() -> [out, N, ...] float32
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;
};

}  // namespace chroma::nn
