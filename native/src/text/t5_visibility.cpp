#include "text/t5_visibility.h"

#include <algorithm>
#include <map>

#include "common/error.h"

namespace chroma::t5 {

namespace {

constexpr float kLowestBfloat16 = -3.3895314e38F;

// The table looked up for every pair: buckets is [queries, keys], the result ggml [heads, keys, queries].
ggml_tensor* look_up(Graph& graph, ggml_tensor* table, const std::string& name, const std::vector<int32_t>& buckets,
                     int64_t keys, int64_t queries) {
    ggml_context* context = graph.context();
    ggml_tensor* rows = graph.constant(name, buckets, {keys * queries});
    return ggml_reshape_3d(context, ggml_get_rows(context, table, rows), table->ne[0], keys, queries);
}

// [heads, keys, queries] -> [keys, queries, heads]
ggml_tensor* by_head(Graph& graph, ggml_tensor* bias) {
    return ggml_cont(graph.context(), ggml_permute(graph.context(), bias, 2, 0, 1, 3));
}

// Only tokens are keys.
T5Visibility hide_keys(Graph& graph, ggml_tensor* table, const std::string& name, std::span<const uint8_t> is_token,
                       const RelativeBuckets& buckets) {
    const auto queries = static_cast<int64_t>(is_token.size());
    std::vector<int32_t> keys;
    for (int64_t i = 0; i < queries; ++i) {
        if (is_token[static_cast<size_t>(i)] != 0) {
            keys.push_back(static_cast<int32_t>(i));
        }
    }
    T5Visibility sees;
    sees.key_count = static_cast<int64_t>(keys.size());
    if (keys.back() != sees.key_count - 1) {
        sees.key_rows = graph.constant("keys." + name, keys, {sees.key_count});
    }
    sees.bias = by_head(graph, look_up(graph, table, "buckets." + name,
                                       relative_position_buckets(queries, keys, buckets), sees.key_count, queries));
    return sees;
}

// A further bucket, whose bias is the lowest number, takes the pairs in which either is padding.
T5Visibility hide_pairs(Graph& graph, ggml_tensor* table, const std::string& name, std::span<const uint8_t> is_token,
                        const RelativeBuckets& buckets) {
    const auto tokens = static_cast<int64_t>(is_token.size());
    const int64_t heads = table->ne[0];
    std::vector<int32_t> pairs = relative_position_buckets(tokens, buckets);
    for (int64_t query = 0; query < tokens; ++query) {
        for (int64_t key = 0; key < tokens; ++key) {
            if (is_token[static_cast<size_t>(query)] == 0 || is_token[static_cast<size_t>(key)] == 0) {
                pairs[static_cast<size_t>(query * tokens + key)] = buckets.count;
            }
        }
    }
    ggml_tensor* hidden =
        graph.constant("hidden_bucket", std::vector<float>(static_cast<size_t>(heads), kLowestBfloat16), {heads, 1});
    ggml_tensor* extended = ggml_concat(graph.context(), table, hidden, 1);
    return {tokens, nullptr, by_head(graph, look_up(graph, extended, "buckets." + name, pairs, tokens, tokens))};
}

T5Visibility show_all(Graph& graph, ggml_tensor* table, int64_t tokens, const RelativeBuckets& buckets) {
    const std::vector<int32_t> pairs = relative_position_buckets(tokens, buckets);
    return {tokens, nullptr, by_head(graph, look_up(graph, table, "buckets", pairs, tokens, tokens))};
}

}  // namespace

std::string T5Batch::key() const {
    return text(samples, "x", tokens, " ", static_cast<int>(mask), " ", std::string(is_token.begin(), is_token.end()));
}

T5Batch make_batch(int64_t samples, int64_t tokens, chroma_text_mask mask, std::span<const uint8_t> attention_mask) {
    T5Batch batch{samples, tokens, CHROMA_TEXT_MASK_NONE, {}};
    for (int64_t sample = 0; !attention_mask.empty() && sample < samples; ++sample) {
        const auto row = attention_mask.subspan(static_cast<size_t>(sample * tokens), static_cast<size_t>(tokens));
        if (std::all_of(row.begin(), row.end(), [](uint8_t is_token) { return is_token == 0; })) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'attention_mask' of sample ", sample,
                 " is all padding, but at least one position must be a token (every prompt has an end token).");
        }
    }
    const bool padded = std::find(attention_mask.begin(), attention_mask.end(), uint8_t{0}) != attention_mask.end();
    if (padded && mask != CHROMA_TEXT_MASK_NONE) {
        batch.mask = mask;
        for (const uint8_t value : attention_mask) {
            batch.is_token.push_back(value != 0 ? 1 : 0);
        }
    }
    return batch;
}

void show_position_bias(Graph& graph, ggml_tensor* table, int64_t tokens, const RelativeBuckets& buckets) {
    ggml_tensor* bias = look_up(graph, table, "buckets", relative_position_buckets(tokens, buckets), tokens, tokens);
    graph.output("position_bias", graph.tap(kPositionBiasTap, bias, {{tokens, tokens, table->ne[0]}, nullptr, 0}));
}

std::vector<T5Visibility> make_visibility(Graph& graph, ggml_tensor* table, const T5Batch& batch,
                                          const RelativeBuckets& buckets) {
    if (batch.is_token.empty()) {
        return std::vector<T5Visibility>(static_cast<size_t>(batch.samples),
                                         show_all(graph, table, batch.tokens, buckets));
    }
    std::vector<T5Visibility> all;
    std::map<std::string, T5Visibility> known;  // by the sample's mask: samples of the same length share theirs
    for (int64_t sample = 0; sample < batch.samples; ++sample) {
        const auto first = batch.is_token.begin() + sample * batch.tokens;
        const std::vector<uint8_t> is_token(first, first + batch.tokens);
        const std::string mask(is_token.begin(), is_token.end());
        auto found = known.find(mask);
        if (found == known.end()) {
            const auto make = batch.mask == CHROMA_TEXT_MASK_TRAINING ? hide_pairs : hide_keys;
            found = known.emplace(mask, make(graph, table, std::to_string(sample), is_token, buckets)).first;
        }
        all.push_back(found->second);
    }
    return all;
}

}  // namespace chroma::t5
