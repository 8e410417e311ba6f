// Approximator: one small network in place of all the modulation layers of FLUX. Each row of its input names one vector
// (by its index) and the time, each row of its output is that vector.
#pragma once

#include <string>
#include <vector>

#include "nn/linear.h"
#include "transformer/rms_norm.h"
#include "transformer/sizes.h"

namespace chroma {

class Approximator {
  public:
    // Declares the tensors under `distilled_guidance_layer`.
    Approximator(WeightLoader& loader, const TransformerSizes& sizes);

    // x: ggml [inputs, rows * count] -> [hidden, rows * count]; taps show [count, rows, channels].
    ggml_tensor* forward(Graph& graph, ggml_tensor* x, int64_t count) const;

    // Whether somebody wants to see a layer of it.
    [[nodiscard]] bool is_tapped(const TapListener& taps) const;

    // One residual layer: out_layer(silu(in_layer(norm(x)))).
    struct Layer {
        RMSNorm norm;
        nn::Linear in;
        nn::Linear out;
    };

    [[nodiscard]] const nn::Linear& in_proj() const { return in_proj_; }
    [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
    [[nodiscard]] const nn::Linear& out_proj() const { return out_proj_; }

  private:
    nn::Linear in_proj_;
    std::vector<Layer> layers_;
    nn::Linear out_proj_;
};

}  // namespace chroma
