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
    const RopeTensors& rope;  // of a sample's tokens; one of n tokens takes the last n
};

// The heads of a packed stream.
struct AttentionPart {
    Heads heads;
    const TokenStream& stream;
};

// Rotates queries and keys and lets each sample's tokens of all parts see each other. parts: the joint stream, or the
// text and the image. Returns the joint stream, ggml [C, N], of type `to`: F32, or what Graph::input_type() says.
ggml_tensor* attend(const BlockContext& context, const std::vector<AttentionPart>& parts, nn::Products products,
                    ggml_type to);

// The same into the first channels of `into`, ggml [at least C, N], where the graph's kernels fuse.
ggml_tensor* attend_into(const BlockContext& context, ggml_tensor* into, const std::vector<AttentionPart>& parts,
                         nn::Products products);

}  // namespace chroma
