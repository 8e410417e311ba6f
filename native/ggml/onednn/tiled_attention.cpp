#include "onednn/tiled_attention.h"

#include <algorithm>
#include <array>
#include <limits>

#include "numbers/padded.h"
#include "numbers/row_norm.h"
#include "onednn/convert.h"
#include "onednn/for_panels.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

constexpr int64_t kTile = 16 * kAttentionRows;  // queries at a time

// Heads are packed together as long as they take no more than this.
constexpr int64_t kPackedBytes = 96LL << 20;

constexpr int64_t kAlignment = 64;
static_assert(kAttentionChunk % kAttentionLanes == 0);

int64_t token_count(const AttentionTask& task) {
    int64_t count = 0;
    for (const TokenRun& run : task.runs) {
        count += run.count;
    }
    return count;
}

class TiledAttention {
  public:
    TiledAttention(const AttentionTask& task, const AttentionKernels& kernels)
        : task_(task),
          kernels_(kernels),
          tokens_(token_count(task)),
          chunk_(padded(even_share(tokens_, kAttentionChunk), kAttentionLanes)),
          chunks_((tokens_ + chunk_ - 1) / chunk_),
          tiles_((tokens_ + kTile - 1) / kTile),
          value_width_(padded(task.value_channels, kAttentionLanes)),
          query_bytes_(kernels.query_bytes(task.channels)),
          queries_bytes_(padded(padded(tokens_, kAttentionRows) * query_bytes_, kAlignment)),
          key_bytes_(padded(chunk_ * kernels.key_bytes(task.channels), kAlignment)),
          chunk_bytes_(key_bytes_ + chunk_ * value_width_ * kernels.value_element_bytes) {}

    void run(int threads, Workspace& workspace) const {
        const int64_t head_bytes = queries_bytes_ + chunks_ * chunk_bytes_;
        const int64_t together = std::clamp<int64_t>(kPackedBytes / head_bytes, 1, task_.heads);
        auto* packed = workspace.packed.reserve<std::byte>(static_cast<size_t>(together * head_bytes));
        auto* scratch = workspace.scratch.reserve<float>(static_cast<size_t>(threads * scratch_floats()));
        on_all_threads(threads, [&](int thread) {
            float* own = scratch + thread * scratch_floats();
            for (int64_t first = 0; first < task_.heads; first += together) {
                const int64_t count = std::min(together, task_.heads - first);
                // A few rows of all heads, then the next ones: that is the order in which they lie.
#pragma omp for schedule(dynamic)
                for (int64_t row = 0; row < tokens_; row += kAttentionLanes) {
                    for (int64_t head = 0; head < count; ++head) {
                        std::byte* of_head = packed + head * head_bytes;
                        pack_queries(first + head, row, of_head, own);
                        pack_keys(first + head, row, of_head + queries_bytes_, own);
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
    // Of a thread: a tile's scores and output, or rows to be packed.
    [[nodiscard]] int64_t scratch_floats() const {
        return std::max(kTile * (kAttentionChunk + value_width_), kAttentionLanes * task_.channels);
    }

    // The run that token `row` is in, and its number there.
    [[nodiscard]] std::pair<const TokenRun*, int64_t> find(int64_t row) const {
        const TokenRun* run = task_.runs.data();
        while (row >= run->count) {
            row -= run->count;
            ++run;
        }
        return {run, row};
    }

    // Some tokens' rows of a head: where they are, or in `plain` if they have yet to be normalised or lie in two runs.
    [[nodiscard]] AttentionRows rows(HeadRows TokenRun::*which, int64_t channels, int64_t head, int64_t first,
                                     int64_t count, float* plain) const {
        const auto [run, offset] = find(first);
        const HeadRows& from = run->*which;
        if (from.norm_scale == nullptr && offset + count <= run->count) {
            return {from.values + head * from.head_stride + offset * from.row_stride, from.row_stride};
        }
        for (int64_t i = 0; i < count; ++i) {
            const auto [own_run, own_offset] = find(first + i);
            const HeadRows& own = own_run->*which;
            const float* x = own.values + head * own.head_stride + own_offset * own.row_stride;
            float* to = plain + i * channels;
            if (own.norm_scale == nullptr) {
                std::copy_n(x, channels, to);
                continue;
            }
            const float factor = rms_factor(x, channels, own.norm_epsilon);
            for (int64_t channel = 0; channel < channels; ++channel) {
                to[channel] = x[channel] * factor * own.norm_scale[channel];
            }
        }
        return {plain, channels};
    }

    [[nodiscard]] AttentionRows rotated(AttentionRows rows, int64_t first) const {
        const RotaryTables& tables = task_.rotation;
        if (tables.cos != nullptr) {
            rows.cos = tables.cos + first * tables.row_stride;
            rows.sin = tables.sin + first * tables.row_stride;
            rows.table_stride = tables.row_stride;
        }
        return rows;
    }

    // A head's queries from `row` on, a group of them; behind the last one, zeros up to a whole register tile.
    void pack_queries(int64_t head, int64_t row, std::byte* queries, float* plain) const {
        constexpr float kLog2E = 1.44269504088896341F;
        const int64_t count = std::min(kAttentionLanes, tokens_ - row);
        kernels_.pack_queries(rotated(rows(&TokenRun::q, task_.channels, head, row, count, plain), row), count,
                              task_.channels, task_.scale * kLog2E, queries + row * query_bytes_);
        if (row + count == tokens_) {
            std::fill(queries + tokens_ * query_bytes_, queries + queries_bytes_, std::byte{0});
        }
    }

    // A head's keys and values from `row` on, a group of them. A chunk has its keys, then its values.
    void pack_keys(int64_t head, int64_t row, std::byte* chunks, float* plain) const {
        const int64_t chunk = row / chunk_;
        const int64_t start = chunk * chunk_;
        const int64_t keys = std::min(chunk_, tokens_ - start);
        const int64_t count = std::min(kAttentionLanes, tokens_ - row);
        std::byte* to = chunks + chunk * chunk_bytes_;
        kernels_.pack_keys(rotated(rows(&TokenRun::k, task_.channels, head, row, count, plain), row), row - start, keys,
                           task_.channels, to);
        kernels_.pack_values(rows(&TokenRun::v, task_.value_channels, head, row, count, plain), row - start, keys,
                             task_.value_channels, to + key_bytes_);
    }

    void attend(int64_t head, int64_t tile, const std::byte* packed, float* scores) const {
        const int64_t first = tile * kTile;
        const int64_t count = std::min(kTile, tokens_ - first);
        const int64_t count_padded = padded(count, kAttentionRows);
        const std::byte* queries = packed + first * query_bytes_;
        const std::byte* keys_and_values = packed + queries_bytes_;
        float* output = scores + kTile * kAttentionChunk;
        AttentionState state;
        state.maximum.fill(-std::numeric_limits<float>::max());
        state.sum.fill(0.0F);
        std::fill_n(output, count_padded * value_width_, 0.0F);
        for (int64_t chunk = 0; chunk < chunks_; ++chunk, keys_and_values += chunk_bytes_) {
            const int64_t keys = std::min(chunk_, tokens_ - chunk * chunk_);
            const int64_t keys_padded = padded(keys, kAttentionLanes);
            kernels_.score(queries, keys_and_values, count_padded, keys_padded, task_.channels, scores);
            kernels_.soften(scores, count, keys, keys_padded, state.maximum.data(), state.sum.data(), output,
                            value_width_);
            kernels_.gather(scores, keys_and_values + key_bytes_, count_padded, keys_padded, value_width_, output);
        }
        finish(head, first, count, output, state.sum.data());
    }

    // A tile's results to where they belong, run by run.
    void finish(int64_t head, int64_t first, int64_t count, float* output, const float* sum) const {
        while (count > 0) {
            const auto [run, offset] = find(first);
            const int64_t some = std::min(count, run->count - offset);
            const int64_t element = head * task_.out_head_stride + offset * task_.out_row_stride;
            if (task_.to_bf16) {
                kernels_.finish(output, sum, some, task_.value_channels, value_width_, output, value_width_);
                for (int64_t row = 0; row < some; ++row) {
                    to_bf16(output + row * value_width_,
                            reinterpret_cast<bf16*>(run->out) + element + row * task_.out_row_stride,
                            static_cast<size_t>(task_.value_channels));
                }
            } else {
                kernels_.finish(output, sum, some, task_.value_channels, value_width_,
                                reinterpret_cast<float*>(run->out) + element, task_.out_row_stride);
            }
            first += some;
            count -= some;
            output += some * value_width_;
            sum += some;
        }
    }

    // What a tile carries from one chunk of keys to the next.
    struct AttentionState {
        std::array<float, kTile> maximum;
        std::array<float, kTile> sum;
    };

    const AttentionTask& task_;
    const AttentionKernels& kernels_;
    int64_t tokens_;
    int64_t chunk_;  // keys at a time, all but the last
    int64_t chunks_;
    int64_t tiles_;
    int64_t value_width_;
    int64_t query_bytes_;    // one
    int64_t queries_bytes_;  // of a head
    int64_t key_bytes_;      // of a chunk
    int64_t chunk_bytes_;    // keys and values
};

}  // namespace

void attend_in_tiles(const AttentionTask& task, const AttentionKernels& kernels, int threads, Workspace& workspace) {
    TiledAttention(task, kernels).run(threads, workspace);
}

}  // namespace chroma::onednn
