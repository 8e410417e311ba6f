#include "onednn/attention.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <vector>

#include "numbers/padded.h"
#include "onednn/attention_kernels.h"
#include "onednn/custom.h"
#include "onednn/for_panels.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

// Strided float32 [channels, tokens, heads]: channels are contiguous, strides are in floats.
struct HeadRows {
    const float* values = nullptr;
    int64_t row_stride = 0;
    int64_t head_stride = 0;
};

// [channels, tokens]
struct RotaryTables {
    const float* cos = nullptr;  // null: none
    const float* sin = nullptr;
    int64_t row_stride = 0;
};

struct Task {
    int64_t channels = 0;        // of a head's queries and keys, even
    int64_t value_channels = 0;  // of a head's values, even
    int64_t queries = 0;
    int64_t keys = 0;
    int64_t heads = 0;
    float scale = 1.0F;
    HeadRows q, k, v;
    RotaryTables rotation;  // of queries and keys
    float* out = nullptr;
    int64_t out_row_stride = 0;
    int64_t out_head_stride = 0;
};

constexpr int64_t kTile = 16 * kAttentionRows;  // queries at a time

// Heads are packed together as long as they take no more than this.
constexpr int64_t kPackedBytes = 96LL << 20;

class TiledAttention {
  public:
    TiledAttention(const Task& task, const AttentionKernels& kernels)
        : task_(task),
          kernels_(kernels),
          chunk_(padded(even_share(task.keys, kAttentionChunk), kAttentionLanes)),
          chunks_((task.keys + chunk_ - 1) / chunk_),
          tiles_((task.queries + kTile - 1) / kTile),
          value_width_(padded(task.value_channels, kAttentionLanes)),
          query_bytes_(kernels.query_bytes(task.channels)),
          queries_bytes_(padded(padded(task.queries, kAttentionRows) * query_bytes_, kAlignment)),
          key_bytes_(padded(chunk_ * kernels.key_bytes(task.channels), kAlignment)),
          chunk_bytes_(key_bytes_ + chunk_ * value_width_ * kernels.value_element_bytes) {}

    void run(int threads, Workspace& workspace) const {
        const int64_t head_bytes = queries_bytes_ + chunks_ * chunk_bytes_;
        const int64_t together = std::clamp<int64_t>(kPackedBytes / head_bytes, 1, task_.heads);
        auto* packed = workspace.packed.reserve<std::byte>(static_cast<size_t>(together * head_bytes));
        auto* scratch = workspace.scratch.reserve<std::byte>(static_cast<size_t>(threads * scratch_bytes()));
        on_all_threads(threads, [&](int thread) {
            std::byte* own = scratch + thread * scratch_bytes();
            for (int64_t first = 0; first < task_.heads; first += together) {
                const int64_t count = std::min(together, task_.heads - first);
                // A few rows of all heads, then the next ones: that is the order in which they lie.
#pragma omp for schedule(dynamic) nowait
                for (int64_t row = 0; row < task_.queries; row += kAttentionLanes) {
                    for (int64_t head = 0; head < count; ++head) {
                        pack_queries(first + head, row, packed + head * head_bytes);
                    }
                }
#pragma omp for schedule(dynamic)
                for (int64_t row = 0; row < task_.keys; row += kAttentionLanes) {
                    for (int64_t head = 0; head < count; ++head) {
                        pack_keys(first + head, row, packed + head * head_bytes + queries_bytes_);
                    }
                }
#pragma omp for schedule(dynamic)
                for (int64_t i = 0; i < count * tiles_; ++i) {
                    const int64_t head = i / tiles_;
                    attend(first + head, i % tiles_, packed + head * head_bytes, own);
                }
            }
        });
    }

  private:
    static constexpr int64_t kAlignment = 64;
    static_assert(kAttentionChunk % kAttentionLanes == 0);

    // Of a thread: a tile's scores and output.
    [[nodiscard]] int64_t scratch_bytes() const {
        return kTile * (kAttentionChunk + value_width_) * static_cast<int64_t>(sizeof(float));
    }

    static AttentionRows rows(const HeadRows& from, const RotaryTables& tables, int64_t head, int64_t first) {
        AttentionRows rows{from.values + head * from.head_stride + first * from.row_stride, from.row_stride, nullptr,
                           nullptr, tables.row_stride};
        if (tables.cos != nullptr) {
            rows.cos = tables.cos + first * tables.row_stride;
            rows.sin = tables.sin + first * tables.row_stride;
        }
        return rows;
    }

    // A head's queries from `row` on, a group of them; behind the last one, zeros up to a whole register tile.
    void pack_queries(int64_t head, int64_t row, std::byte* queries) const {
        constexpr float kLog2E = 1.44269504088896341F;
        const int64_t count = std::min(kAttentionLanes, task_.queries - row);
        kernels_.pack_queries(rows(task_.q, task_.rotation, head, row), count, task_.channels, task_.scale * kLog2E,
                              queries + row * query_bytes_);
        if (row + count == task_.queries) {
            std::fill(queries + task_.queries * query_bytes_, queries + queries_bytes_, std::byte{0});
        }
    }

    // A head's keys and values from `row` on, a group of them. A chunk has its keys, then its values.
    void pack_keys(int64_t head, int64_t row, std::byte* chunks) const {
        const int64_t chunk = row / chunk_;
        const int64_t start = chunk * chunk_;
        const int64_t keys = std::min(chunk_, task_.keys - start);
        std::byte* to = chunks + chunk * chunk_bytes_;
        kernels_.pack_keys(rows(task_.k, task_.rotation, head, row), row - start, keys, task_.channels, to);
        kernels_.pack_values(rows(task_.v, {}, head, row), row - start, keys, task_.value_channels, to + key_bytes_);
    }

    void attend(int64_t head, int64_t tile, const std::byte* packed, std::byte* scratch) const {
        const int64_t first = tile * kTile;
        const int64_t count = std::min(kTile, task_.queries - first);
        const int64_t count_padded = padded(count, kAttentionRows);
        const std::byte* queries = packed + first * query_bytes_;
        const std::byte* keys_and_values = packed + queries_bytes_;
        auto* scores = reinterpret_cast<float*>(scratch);
        float* output = scores + kTile * kAttentionChunk;
        AttentionState state;
        state.maximum.fill(-std::numeric_limits<float>::max());
        state.sum.fill(0.0F);
        std::fill_n(output, count_padded * value_width_, 0.0F);
        for (int64_t chunk = 0; chunk < chunks_; ++chunk, keys_and_values += chunk_bytes_) {
            const int64_t keys = std::min(chunk_, task_.keys - chunk * chunk_);
            const int64_t keys_padded = padded(keys, kAttentionLanes);
            kernels_.score(queries, keys_and_values, count_padded, keys_padded, task_.channels, scores);
            kernels_.soften(scores, count, keys, keys_padded, state.maximum.data(), state.sum.data(), output,
                            value_width_);
            kernels_.gather(scores, keys_and_values + key_bytes_, count_padded, keys_padded, value_width_, output);
        }
        kernels_.finish(output, state.sum.data(), count, task_.value_channels, value_width_,
                        task_.out + head * task_.out_head_stride + first * task_.out_row_stride, task_.out_row_stride);
    }

    // What a tile carries from one chunk of keys to the next.
    struct AttentionState {
        std::array<float, kTile> maximum;
        std::array<float, kTile> sum;
    };

    const Task& task_;
    const AttentionKernels& kernels_;
    int64_t chunk_;  // keys at a time, all but the last
    int64_t chunks_;
    int64_t tiles_;
    int64_t value_width_;
    int64_t query_bytes_;    // one
    int64_t queries_bytes_;  // of a head
    int64_t key_bytes_;      // of a chunk
    int64_t chunk_bytes_;    // keys and values
};

// [channels, heads, tokens]
HeadRows head_rows(const ggml_tensor* tensor) {
    return {static_cast<const float*>(tensor->data), static_cast<int64_t>(tensor->nb[2] / sizeof(float)),
            static_cast<int64_t>(tensor->nb[1] / sizeof(float))};
}

const AttentionKernels& kernels_for(AttentionProducts products, int64_t channels) {
    const AttentionKernels* kernels = nullptr;
    if (products == AttentionProducts::Int8) {
        kernels = attention_kernels_int8(channels);
    }
    if (kernels == nullptr && products != AttentionProducts::Float32) {
        kernels = attention_kernels_bf16();
    }
    return kernels != nullptr ? *kernels : *attention_kernels_f32();
}

// Operands: q, k, v [, cos, sin]; parameters: the scale, whether there are the tables, and the products.
void compute_attention(ggml_tensor* node, int threads, Workspace& workspace) {
    const ggml_tensor* q = node->src[0];
    const ggml_tensor* k = node->src[1];
    const ggml_tensor* v = node->src[2];
    Task task;
    task.channels = q->ne[0];
    task.value_channels = v->ne[0];
    task.queries = q->ne[2];
    task.keys = k->ne[2];
    task.heads = q->ne[1];
    task.scale = std::bit_cast<float>(parameter(node, 0));
    task.q = head_rows(q);
    task.k = head_rows(k);
    task.v = head_rows(v);
    if (parameter(node, 1) != 0) {
        const HeadRows cos = head_rows(node->src[3]);
        const HeadRows sin = head_rows(node->src[4]);
        task.rotation = {cos.values, sin.values, cos.row_stride};
    }
    task.out = static_cast<float*>(node->data);
    task.out_row_stride = node->ne[0] * node->ne[1];
    task.out_head_stride = node->ne[0];
    TiledAttention(task, kernels_for(static_cast<AttentionProducts>(parameter(node, 2)), task.channels))
        .run(threads, workspace);
}

}  // namespace

ggml_tensor* attention(ggml_context* context, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, ggml_tensor* cos,
                       ggml_tensor* sin, float scale, AttentionProducts products) {
    std::vector<ggml_tensor*> operands{q, k, v};
    if (cos != nullptr) {
        operands.push_back(cos);
        operands.push_back(sin);
    }
    ggml_tensor* node =
        custom(context, compute_attention, GGML_TYPE_F32, std::array{v->ne[0], q->ne[1], q->ne[2]}, operands);
    set_parameter(node, 0, std::bit_cast<int32_t>(scale));
    set_parameter(node, 1, cos != nullptr ? 1 : 0);
    set_parameter(node, 2, static_cast<int32_t>(products));
    return node;
}

}  // namespace chroma::onednn
