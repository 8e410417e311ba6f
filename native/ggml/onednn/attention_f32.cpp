// Attention's inner loops in float32, for any processor: oneDNN multiplies, the rest is left to the compiler.
#include <algorithm>
#include <array>
#include <dnnl.hpp>
#include <limits>
#include <numeric>

#include "numbers/exponential.h"
#include "numbers/padded.h"
#include "onednn/attention_kernels.h"

namespace chroma::onednn {

namespace {

int64_t row_bytes(int64_t channels) {
    return channels * static_cast<int64_t>(sizeof(float));
}

using Lanes = std::array<float, kAttentionLanes>;

// A row's channels, rotated and scaled.
void copy_row(const AttentionRows& rows, int64_t row, int64_t channels, float scale, float* to) {
    const float* from = rows.values + row * rows.stride;
    if (rows.cos == nullptr) {
        for (int64_t i = 0; i < channels; ++i) {
            to[i] = from[i] * scale;
        }
        return;
    }
    const float* cos = rows.cos + row * rows.table_stride;
    const float* sin = rows.sin + row * rows.table_stride;
    for (int64_t i = 0; i < channels; i += 2) {
        to[i] = (from[i] * cos[i] - from[i + 1] * sin[i]) * scale;
        to[i + 1] = (from[i + 1] * cos[i + 1] + from[i] * sin[i + 1]) * scale;
    }
}

// [count, width], with zeros beyond the channels.
void pack_rows(const AttentionRows& rows, int64_t count, int64_t channels, int64_t width, float scale, float* to) {
    for (int64_t row = 0; row < count; ++row) {
        copy_row(rows, row, channels, scale, to + row * width);
        std::fill(to + row * width + channels, to + (row + 1) * width, 0.0F);
    }
}

// Rows `first` and up of a chunk that has `keys` of them, with zeros beyond the last.
void pack_chunk_rows(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels, int64_t width,
                     void* chunk) {
    float* to = static_cast<float*>(chunk) + first * width;
    const int64_t count = std::min(kAttentionLanes, keys - first);
    pack_rows(rows, count, channels, width, 1.0F, to);
    std::fill(to + count * width, to + kAttentionLanes * width, 0.0F);
}

void pack_queries(const AttentionRows& rows, int64_t count, int64_t channels, float scale, void* to) {
    pack_rows(rows, count, channels, channels, scale, static_cast<float*>(to));
}

void pack_keys(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels, void* chunk) {
    pack_chunk_rows(rows, first, keys, channels, channels, chunk);
}

void pack_values(const AttentionRows& rows, int64_t first, int64_t keys, int64_t channels, void* chunk) {
    pack_chunk_rows(rows, first, keys, channels, padded(channels, kAttentionLanes), chunk);
}

void score(const void* queries, const void* keys, int64_t rows, int64_t keys_padded, int64_t channels, float* scores) {
    dnnl::sgemm('N', 'T', rows, keys_padded, channels, 1.0F, static_cast<const float*>(queries), channels,
                static_cast<const float*>(keys), channels, 0.0F, scores, kAttentionChunk);
}

void soften(float* scores, int64_t rows, int64_t keys, int64_t keys_padded, float* maximum, float* sum, float* output,
            int64_t channels_padded) {
    for (int64_t row = 0; row < rows; ++row, scores += kAttentionChunk, output += channels_padded) {
        // Lanes side by side, which compilers turn into vectors; what pads them gets no weight.
        std::fill(scores + keys, scores + keys_padded, -std::numeric_limits<float>::max());
        Lanes lanes;
        lanes.fill(maximum[row]);
        for (int64_t key = 0; key < keys_padded; key += kAttentionLanes) {
            for (size_t lane = 0; lane < lanes.size(); ++lane) {
                const float score = scores[key + static_cast<int64_t>(lane)];
                lanes[lane] = score > lanes[lane] ? score : lanes[lane];
            }
        }
        const float largest = *std::max_element(lanes.begin(), lanes.end());
        lanes.fill(0.0F);
        for (int64_t key = 0; key < keys_padded; key += kAttentionLanes) {
            for (size_t lane = 0; lane < lanes.size(); ++lane) {
                float& score = scores[key + static_cast<int64_t>(lane)];
                score = power_of_two(score - largest);
                lanes[lane] += score;
            }
        }
        const float added = std::accumulate(lanes.begin(), lanes.end(), 0.0F);

        const float factor = power_of_two(maximum[row] - largest);
        maximum[row] = largest;
        sum[row] = sum[row] * factor + added;
        if (factor != 1.0F) {
            for (int64_t i = 0; i < channels_padded; ++i) {
                output[i] *= factor;
            }
        }
    }
}

void gather(const float* scores, const void* values, int64_t rows, int64_t keys_padded, int64_t channels_padded,
            float* output) {
    dnnl::sgemm('N', 'N', rows, channels_padded, keys_padded, 1.0F, scores, kAttentionChunk,
                static_cast<const float*>(values), channels_padded, 1.0F, output, channels_padded);
}

void finish(const float* output, const float* sum, int64_t rows, int64_t channels, int64_t channels_padded, float* to,
            int64_t stride) {
    for (int64_t row = 0; row < rows; ++row) {
        const float factor = 1.0F / sum[row];
        for (int64_t i = 0; i < channels; ++i) {
            to[row * stride + i] = output[row * channels_padded + i] * factor;
        }
    }
}

}  // namespace

const AttentionKernels* attention_kernels_f32() {
    static constexpr AttentionKernels kKernels{row_bytes,   row_bytes, sizeof(float), pack_queries, pack_keys,
                                               pack_values, score,     soften,        gather,       finish};
    return &kKernels;
}

}  // namespace chroma::onednn
