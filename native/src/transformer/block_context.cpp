#include "transformer/block_context.h"

#include <cmath>

#include "common/error.h"

namespace chroma {

namespace {

float scale_of(const std::vector<AttentionPart>& parts) {
    return 1.0F / std::sqrt(static_cast<float>(parts.front().heads.q->ne[0]));
}

#ifdef CHROMA_HAS_ONEDNN
// int32 [4, runs of a sample, samples]
ggml_tensor* constant_runs(const BlockContext& context, const std::vector<AttentionPart>& parts) {
    std::vector<int32_t> values;
    for (int64_t sample = 0; sample < context.tokens.samples(); ++sample) {
        const TokenSlice* out = context.tokens.joint.slices(sample).data();
        for (size_t part = 0; part < parts.size(); ++part) {
            for (const TokenSlice& slice : parts[part].stream.slices(sample)) {
                const onednn::AttentionRun run{static_cast<int32_t>(part), static_cast<int32_t>(slice.first),
                                               static_cast<int32_t>(slice.count), static_cast<int32_t>(out->first)};
                values.insert(values.end(), {run.part, run.first, run.count, run.out});
                ++out;
            }
        }
    }
    // A graph has those of the joint stream, of text and image, and of text and an image that samples share.
    const std::string name = text("attention.runs.", parts.size(), ".", parts.back().stream.tokens());
    const int64_t samples = context.tokens.samples();
    constexpr int64_t kNumbers = 4;
    return context.graph.constant(name, values,
                                  {kNumbers, static_cast<int64_t>(values.size()) / kNumbers / samples, samples});
}

// All samples in one operation.
ggml_tensor* attend_at_once(const BlockContext& context, ggml_tensor* into, const std::vector<AttentionPart>& parts,
                            nn::Products products, ggml_type to) {
    Graph& graph = context.graph;
    const Graph::KindScope kind = graph.mark(OperationKind::Attention);
    std::vector<onednn::AttentionPart> heads;
    heads.reserve(parts.size());
    for (const AttentionPart& part : parts) {
        heads.push_back({part.heads.q, part.heads.k, part.heads.v});
    }
    const onednn::AttentionOperands operands{.parts = heads,
                                             .runs = constant_runs(context, parts),
                                             .out_tokens = context.tokens.joint.tokens(),
                                             .cos = context.rope.cos,
                                             .sin = context.rope.sin,
                                             .scale = scale_of(parts),
                                             .products = products,
                                             .to = to};
    if (into != nullptr) {
        return onednn::attention_into(graph.context(), into, operands);
    }
    ggml_tensor* out = onednn::attention(graph.context(), operands);
    return ggml_reshape_2d(graph.context(), out, out->ne[0] * out->ne[1], out->ne[2]);
}
#endif

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
                    [[maybe_unused]] ggml_type to) {
    Graph& graph = context.graph;
#ifdef CHROMA_HAS_ONEDNN
    if (graph.fuses()) {
        return attend_at_once(context, nullptr, parts, products, to);
    }
#endif
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

ggml_tensor* attend_into([[maybe_unused]] const BlockContext& context, [[maybe_unused]] ggml_tensor* into,
                         [[maybe_unused]] const std::vector<AttentionPart>& parts,
                         [[maybe_unused]] nn::Products products) {
#ifdef CHROMA_HAS_ONEDNN
    return attend_at_once(context, into, parts, products, into->type);
#else
    fail(CHROMA_ERROR_INTERNAL, "An attention that writes beside others was asked of kernels that have none.");
#endif
}

}  // namespace chroma
