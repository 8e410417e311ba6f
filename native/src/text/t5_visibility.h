// What the tokens of a T5 batch see of each other, and the position bias that goes with it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chroma.h"
#include "graph/graph.h"
#include "text/relative_position.h"

namespace chroma::t5 {

// The tokens of one batch and which of them are padding. Checked by make_batch.
struct T5Batch {
    int64_t samples = 0;
    int64_t tokens = 0;  // of each sample
    chroma_text_mask mask = CHROMA_TEXT_MASK_NONE;
    std::vector<uint8_t> is_token;  // [samples, tokens]; empty: no padding, or padding that is treated as tokens

    // Equal for batches that have the same graph.
    [[nodiscard]] std::string key() const;
};

// attention_mask: [samples, tokens] or empty.
[[nodiscard]] T5Batch make_batch(int64_t samples, int64_t tokens, chroma_text_mask mask,
                                 std::span<const uint8_t> attention_mask);

// What one sample's attention works on. Made once per graph and shared by all blocks.
struct T5Visibility {
    int64_t key_count = 0;
    ggml_tensor* key_rows = nullptr;  // I32 [key_count]: the positions of the keys; null: 0 .. key_count - 1
    ggml_tensor* bias = nullptr;      // F32 [keys, queries, heads]
};

// Three treatments of padding (see chroma_text_mask):
//   key       keys that are padding are left out, which is the same as hiding them, and less work
//   training  every position stays; a pair in which either is padding gets the lowest bfloat16 added instead of its
//   bias.
//             That hides padding from tokens, while a padding query, with all its scores equal, averages over
//             everything
//   none      everything sees everything
// table: the bias of each bucket, ggml [heads, buckets].
[[nodiscard]] std::vector<T5Visibility> make_visibility(Graph& graph, ggml_tensor* table, const T5Batch& batch,
                                                        const RelativeBuckets& buckets);

// The bias of all pairs as PyTorch's embedding of it gives it, [query, key, head]. The blocks need it in other forms,
// so that a graph has this one only where somebody listens.
inline constexpr auto kPositionBiasTap = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias";
void show_position_bias(Graph& graph, ggml_tensor* table, int64_t tokens, const RelativeBuckets& buckets);

}  // namespace chroma::t5
