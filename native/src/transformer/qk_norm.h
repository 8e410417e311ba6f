// QKNorm: queries and keys are normalised per head before the attention, so that their products stay bounded (Dehghani
// et al. 2023).
#pragma once

#include <string>

#include "transformer/rms_norm.h"
#include "transformer/tokens.h"

namespace chroma {

// Queries, keys and values of packed tokens, each ggml [D, H, N].
struct Heads {
    ggml_tensor* q = nullptr;
    ggml_tensor* k = nullptr;
    ggml_tensor* v = nullptr;
};

// Views of the first 3 * heads * head_size channels of x, ggml [>= 3 C, N].
[[nodiscard]] Heads split_heads(Graph& graph, ggml_tensor* x, int64_t heads, int64_t head_size);

struct QKNorm {
    std::string name;
    RMSNorm query_norm;
    RMSNorm key_norm;

    QKNorm() = default;

    // Declares `prefix.query_norm.scale` and `prefix.key_norm.scale`, [head_size] each.
    QKNorm(WeightLoader& loader, const std::string& prefix, int64_t head_size);

    // Normalises q and k, leaves v. stream: that of the tokens, for the taps.
    [[nodiscard]] Heads forward(Graph& graph, const Heads& heads, const TokenStream& stream) const;
};

}  // namespace chroma
