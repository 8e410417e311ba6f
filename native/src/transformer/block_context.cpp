#include "transformer/block_context.h"

#include <cmath>

namespace chroma {

namespace {

float scale_of(const std::vector<AttentionPart>& parts) {
    return 1.0F / std::sqrt(static_cast<float>(parts.front().heads.q->ne[0]));
}

// All samples in one operation.
nn::PackedAttention packed(const BlockContext& context, const std::vector<AttentionPart>& parts,
                           nn::Products products) {
    nn::PackedAttention packed{.samples = context.tokens.samples(),
                               .scale = scale_of(parts),
                               .products = products,
                               .cos = context.rope.cos,
                               .sin = context.rope.sin};
    for (const AttentionPart& part : parts) {
        packed.parts.push_back({part.heads.q, part.heads.k, part.heads.v});
    }
    for (int64_t sample = 0; sample < packed.samples; ++sample) {
        const std::vector<TokenSlice>& out = context.tokens.joint.slices(sample);
        size_t run = 0;
        for (size_t part = 0; part < parts.size(); ++part) {
            for (const TokenSlice& slice : parts[part].stream.slices(sample)) {
                packed.runs.push_back({static_cast<int32_t>(part), static_cast<int32_t>(slice.first),
                                       static_cast<int32_t>(slice.count), static_cast<int32_t>(out[run++].first)});
            }
        }
    }
    return packed;
}

// The last `count` tokens of a table.
ggml_tensor* last(Graph& graph, ggml_tensor* table, int64_t count) {
    return slice_heads(graph, table, {table->ne[2] - count, count});
}

// A sample's tokens of all parts, one behind the other.
ggml_tensor* gather(Graph& graph, const std::vector<AttentionPart>& parts, ggml_tensor* Heads::*which, int64_t sample) {
    std::vector<ggml_tensor*> gathered;
    for (const AttentionPart& part : parts) {
        std::vector<TokenSlice> slices;
        for (const TokenSlice& slice : part.stream.slices(sample)) {
            if (!slices.empty() && slices.back().first + slices.back().count == slice.first) {
                slices.back().count += slice.count;
            } else {
                slices.push_back(slice);
            }
        }
        for (const TokenSlice& slice : slices) {
            gathered.push_back(slice_heads(graph, part.heads.*which, slice));
        }
    }
    return concat_heads(graph, std::move(gathered));
}

// What the samples' attentions gave, in the order of the joint stream.
ggml_tensor* sort(Graph& graph, const std::vector<ggml_tensor*>& attended, const TokenStream& joint) {
    if (attended.size() == 1) {
        return attended.front();
    }
    std::vector<ggml_tensor*> sorted;
    for (size_t i = 0; i < joint.slices(0).size(); ++i) {
        for (size_t sample = 0; sample < attended.size(); ++sample) {
            const std::vector<TokenSlice>& slices = joint.slices(static_cast<int64_t>(sample));
            const int64_t first = i == 0 ? 0 : slices.front().count;
            sorted.push_back(slice_tokens(graph, attended[sample], {first, slices[i].count}));
        }
    }
    return concat_tokens(graph, std::move(sorted));
}

}  // namespace

ggml_tensor* attend(const BlockContext& context, const std::vector<AttentionPart>& parts, nn::Products products,
                    ggml_type to) {
    Graph& graph = context.graph;
    if (graph.fuses()) {
        return nn::attention(graph, packed(context, parts, products), to);
    }
    std::vector<ggml_tensor*> attended;
    for (int64_t sample = 0; sample < context.tokens.samples(); ++sample) {
        ggml_tensor* q = gather(graph, parts, &Heads::q, sample);
        attended.push_back(nn::attention(graph, q, gather(graph, parts, &Heads::k, sample),
                                         gather(graph, parts, &Heads::v, sample),
                                         {.scale = scale_of(parts),
                                          .products = products,
                                          .cos = last(graph, context.rope.cos, q->ne[2]),
                                          .sin = last(graph, context.rope.sin, q->ne[2])}));
    }
    return sort(graph, attended, context.tokens.joint);
}

ggml_tensor* attend_into(const BlockContext& context, ggml_tensor* into, const std::vector<AttentionPart>& parts,
                         nn::Products products) {
    return nn::attention_into(context.graph, into, packed(context, parts, products));
}

}  // namespace chroma
