// What every block of one graph shares.
#pragma once

#include "nn/attention.h"
#include "transformer/positions.h"
#include "transformer/qk_norm.h"
#include "transformer/tokens.h"

namespace chroma {

struct BlockContext {
    Graph& graph;
    const PackedTokens& tokens;
    const RopeTensors& rope;  // of the joint stream
};

// Rotates one sample's queries and keys and attends over them. heads: the sample's, ggml [D, H, n]. Returns [C, n].
ggml_tensor* attend(const BlockContext& context, int64_t sample, const Heads& heads, nn::Products products);

}  // namespace chroma
