// LastLayer: linear(modulate(norm(x))), image tokens -> velocity tokens.
#pragma once

#include "nn/linear.h"
#include "transformer/modulation.h"
#include "transformer/sizes.h"
#include "transformer/tokens.h"

namespace chroma {

class LastLayer {
  public:
    // Declares the tensors under `final_layer`.
    LastLayer(WeightLoader& loader, const TransformerSizes& sizes);

    // x: the image stream, ggml [C, N] -> [token channels, N]
    [[nodiscard]] ggml_tensor* forward(Graph& graph, ggml_tensor* x, const ModulationOut& modulation,
                                       const TokenStream& stream) const;

    [[nodiscard]] const nn::Linear& linear() const { return linear_; }

  private:
    nn::Linear linear_;
};

}  // namespace chroma
