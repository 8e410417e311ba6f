// The inner loops of attention for one kind of processor, and what they work on.
#pragma once

#include <cstdint>

namespace chroma::onednn {

// Rows of float32 values of one head, `stride` floats apart, with their rotary embedding if there are tables.
struct AttentionRows {
    const float* values;
    int64_t stride;
    const float* cos = nullptr;  // null: no rotary embedding
    const float* sin = nullptr;
    int64_t table_stride = 0;  // floats from one row of the tables to the next
};

// A tile of queries meets a chunk of keys at a time:
//
//     scores = queries * keys^T
//     probabilities = exp2(scores - running maximum), in place
//     output = output * exp2(old maximum - new maximum) + probabilities * values
//
// Queries are scaled by log2(e) beforehand, which turns exp into exp2. Packed queries are padded with zeros to a
// multiple of kAttentionRows, keys of a chunk to a multiple of kAttentionLanes, values' channels likewise.
struct AttentionKernels {
    // Of one packed row. Keys may keep more for each than its values, behind those of a chunk's keys.
    int64_t (*query_bytes)(int64_t channels);
    int64_t (*key_bytes)(int64_t channels);
    int64_t value_element_bytes;

    // `count` queries one behind the other, without padding.
    void (*pack_queries)(const AttentionRows& rows, int64_t count, int64_t channels, float scale, void* to);

    // At most kAttentionLanes keys or values of a chunk that has `keys` of them, from number `first` on, which is a
    // multiple of kAttentionLanes; with the padding behind the last one.
    void (*pack_keys)(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels, void* chunk);
    void (*pack_values)(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels, void* chunk);

    // scores: [rows, kAttentionChunk]
    void (*score)(const void* queries, const void* keys, int64_t rows, int64_t keys_padded, int64_t channels,
                  float* scores);

    // Scores of `keys` keys become probabilities; maximum, sum and output of each row move on to the new maximum.
    void (*soften)(float* scores, int64_t rows, int64_t keys, int64_t keys_padded, float* maximum, float* sum,
                   float* output, int64_t channels_padded);

    // output: [rows, channels_padded]
    void (*gather)(const float* scores, const void* values, int64_t rows, int64_t keys_padded, int64_t channels_padded,
                   float* output);

    // to[row] = output[row] / sum[row]
    void (*finish)(const float* output, const float* sum, int64_t rows, int64_t channels, int64_t channels_padded,
                   float* to, int64_t stride);
};

constexpr int64_t kAttentionRows = 6;     // of a product's register tile
constexpr int64_t kAttentionLanes = 16;   // floats in a vector
constexpr int64_t kAttentionChunk = 544;  // the most keys at a time

// The kernels for AVX-512 with bf16 products, null where the processor lacks them; the same with queries and keys in
// int8, null also where heads have other than whole vectors of channels; and those for any processor.
const AttentionKernels* attention_kernels_bf16();
const AttentionKernels* attention_kernels_int8(int64_t channels);
const AttentionKernels* attention_kernels_f32();

}  // namespace chroma::onednn
