#include "onednn/tiled_attention.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

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

// Tokens that are packed together: a head's queries, then chunks of its keys and values.
class TokenSet {
  public:
    TokenSet(const AttentionTask& task, const AttentionKernels& kernels, std::vector<TokenRun> runs, int64_t first_row)
        : task_(task), kernels_(kernels), runs_(std::move(runs)), first_row_(first_row) {
        for (const TokenRun& run : runs_) {
            tokens_ += run.count;
        }
        if (tokens_ == 0) {
            return;
        }
        chunk_ = padded(even_share(tokens_, kAttentionChunk), kAttentionLanes);
        query_bytes_ = kernels.query_bytes(task.channels);
        queries_bytes_ = padded(padded(tokens_, kAttentionRows) * query_bytes_, kAlignment);
        key_bytes_ = padded(chunk_ * kernels.key_bytes(task.channels), kAlignment);
        chunk_bytes_ = key_bytes_ + chunk_ * padded(task.value_channels, kAttentionLanes) * kernels.value_element_bytes;
    }

    [[nodiscard]] int64_t tokens() const { return tokens_; }
    [[nodiscard]] int64_t groups() const { return (tokens_ + kAttentionLanes - 1) / kAttentionLanes; }
    [[nodiscard]] int64_t tiles() const { return (tokens_ + kTile - 1) / kTile; }
    [[nodiscard]] int64_t chunks() const { return tokens_ == 0 ? 0 : (tokens_ + chunk_ - 1) / chunk_; }
    [[nodiscard]] int64_t head_bytes() const { return queries_bytes_ + chunks() * chunk_bytes_; }

    // A group of tokens of a head. plain is scratch.
    void pack(int64_t head, int64_t group, std::byte* packed, float* plain) const {
        pack_queries(head, group * kAttentionLanes, packed, plain);
        pack_keys(head, group * kAttentionLanes, packed + queries_bytes_, plain);
    }

    [[nodiscard]] const std::byte* queries(const std::byte* packed, int64_t first) const {
        return packed + first * query_bytes_;
    }

    struct Chunk {
        const std::byte* keys;
        const std::byte* values;
        int64_t count;
    };
    [[nodiscard]] Chunk chunk(const std::byte* packed, int64_t index) const {
        const std::byte* keys = packed + queries_bytes_ + index * chunk_bytes_;
        return {keys, keys + key_bytes_, std::min(chunk_, tokens_ - index * chunk_)};
    }

    // The run that a token is in, and its number there.
    [[nodiscard]] std::pair<const TokenRun*, int64_t> find(int64_t token) const {
        const TokenRun* run = runs_.data();
        while (token >= run->count) {
            token -= run->count;
            ++run;
        }
        return {run, token};
    }

  private:
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
            rows.cos = tables.cos + (first_row_ + first) * tables.row_stride;
            rows.sin = tables.sin + (first_row_ + first) * tables.row_stride;
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

    const AttentionTask& task_;
    const AttentionKernels& kernels_;
    std::vector<TokenRun> runs_;
    int64_t first_row_;
    int64_t tokens_ = 0;
    int64_t chunk_ = 0;          // keys at a time, all but the last
    int64_t query_bytes_ = 0;    // one
    int64_t queries_bytes_ = 0;  // of a head
    int64_t key_bytes_ = 0;      // of a chunk
    int64_t chunk_bytes_ = 0;    // keys and values
};

class TiledAttention {
  public:
    TiledAttention(const AttentionTask& task, const AttentionKernels& kernels)
        : task_(task), kernels_(kernels), value_width_(padded(task.value_channels, kAttentionLanes)) {
        sets_.emplace_back(task, kernels, std::vector{task.shared}, task.shared_first_row);
        for (const AttentionSample& sample : task.samples) {
            sets_.emplace_back(task, kernels, sample.runs, sample.first_row);
        }
        for (const TokenSet& set : sets_) {
            offsets_.push_back(head_bytes_);
            head_bytes_ += set.head_bytes();
        }
    }

    void run(int threads, Workspace& workspace) const {
        const int64_t together = std::clamp<int64_t>(kPackedBytes / head_bytes_, 1, task_.heads);
        auto* packed = workspace.packed.reserve<std::byte>(static_cast<size_t>(together * head_bytes_));
        auto* scratch = workspace.scratch.reserve<float>(static_cast<size_t>(threads * scratch_floats()));
        int64_t tiles = 0;
        for (const TokenSet& set : sets_) {
            tiles += set.tiles();
        }
        on_all_threads(threads, [&](int thread) {
            float* own = scratch + thread * scratch_floats();
            for (int64_t first = 0; first < task_.heads; first += together) {
                const int64_t count = std::min(together, task_.heads - first);
                // A few rows of all heads, then the next ones: that is the order in which they lie.
                for (size_t i = 0; i < sets_.size(); ++i) {
#pragma omp for schedule(dynamic) nowait
                    for (int64_t group = 0; group < sets_[i].groups(); ++group) {
                        for (int64_t head = 0; head < count; ++head) {
                            sets_[i].pack(first + head, group, packed + head * head_bytes_ + offsets_[i], own);
                        }
                    }
                }
#pragma omp barrier
#pragma omp for schedule(dynamic)
                for (int64_t i = 0; i < count * tiles; ++i) {
                    const int64_t head = i / tiles;
                    attend(first + head, i % tiles, packed + head * head_bytes_, own);
                }
            }
        });
    }

  private:
    // What a tile of queries carries from one chunk of keys to the next.
    struct Tile {
        std::array<float, kTile> maximum;
        std::array<float, kTile> sum;
        float* output;  // [kTile, value width]
        const std::byte* queries;
        int64_t count;
    };

    // Of a thread: a tile's scores and output, and the output without what only one sample has; or rows to be packed.
    [[nodiscard]] int64_t scratch_floats() const {
        return std::max(kTile * (kAttentionChunk + 2 * value_width_), kAttentionLanes * task_.channels);
    }

    // The tile of this number, counted over all sets.
    void attend(int64_t head, int64_t number, const std::byte* packed, float* scores) const {
        size_t set = 0;
        while (number >= sets_[set].tiles()) {
            number -= sets_[set].tiles();
            ++set;
        }
        const int64_t first = number * kTile;
        Tile tile;
        tile.maximum.fill(-std::numeric_limits<float>::max());
        tile.sum.fill(0.0F);
        tile.output = scores + kTile * kAttentionChunk;
        tile.queries = sets_[set].queries(packed + offsets_[set], first);
        tile.count = std::min(kTile, sets_[set].tokens() - first);
        std::fill_n(tile.output, kTile * value_width_, 0.0F);
        see(tile, 0, packed, scores);
        if (set > 0) {
            see(tile, set, packed, scores);
            finish(head, sets_[set], first, tile);
            return;
        }
        for (size_t sample = 0; sample < task_.samples.size(); ++sample) {
            Tile own = tile;
            own.output = tile.output + kTile * value_width_;
            std::copy_n(tile.output, kTile * value_width_, own.output);
            see(own, sample + 1, packed, scores);
            TokenRun run = task_.shared;
            run.out = task_.samples[sample].shared_out;
            finish(head, run, first, own.count, own.output, own.sum.data());
        }
    }

    // Lets the tile's queries meet the keys of a set.
    void see(Tile& tile, size_t set, const std::byte* packed, float* scores) const {
        const int64_t count_padded = padded(tile.count, kAttentionRows);
        for (int64_t i = 0; i < sets_[set].chunks(); ++i) {
            const TokenSet::Chunk chunk = sets_[set].chunk(packed + offsets_[set], i);
            const int64_t keys_padded = padded(chunk.count, kAttentionLanes);
            kernels_.score(tile.queries, chunk.keys, count_padded, keys_padded, task_.channels, scores);
            kernels_.soften(scores, tile.count, chunk.count, keys_padded, tile.maximum.data(), tile.sum.data(),
                            tile.output, value_width_);
            kernels_.gather(scores, chunk.values, count_padded, keys_padded, value_width_, tile.output);
        }
    }

    // A tile's results to where they belong, run by run.
    void finish(int64_t head, const TokenSet& set, int64_t first, const Tile& tile) const {
        for (int64_t done = 0; done < tile.count;) {
            const auto [run, offset] = set.find(first + done);
            const int64_t some = std::min(tile.count - done, run->count - offset);
            finish(head, *run, offset, some, tile.output + done * value_width_, tile.sum.data() + done);
            done += some;
        }
    }

    void finish(int64_t head, const TokenRun& run, int64_t offset, int64_t count, float* output,
                const float* sum) const {
        const int64_t element = head * task_.out_head_stride + offset * task_.out_row_stride;
        if (!task_.to_bf16) {
            kernels_.finish(output, sum, count, task_.value_channels, value_width_,
                            reinterpret_cast<float*>(run.out) + element, task_.out_row_stride);
            return;
        }
        kernels_.finish(output, sum, count, task_.value_channels, value_width_, output, value_width_);
        for (int64_t row = 0; row < count; ++row) {
            to_bf16(output + row * value_width_,
                    reinterpret_cast<bf16*>(run.out) + element + row * task_.out_row_stride,
                    static_cast<size_t>(task_.value_channels));
        }
    }

    const AttentionTask& task_;
    const AttentionKernels& kernels_;
    int64_t value_width_;
    std::vector<TokenSet> sets_;    // the shared tokens, then each sample's own
    std::vector<int64_t> offsets_;  // of the sets in a head's packed bytes
    int64_t head_bytes_ = 0;
};

}  // namespace

void attend_in_tiles(const AttentionTask& task, const AttentionKernels& kernels, int threads, Workspace& workspace) {
    TiledAttention(task, kernels).run(threads, workspace);
}

}  // namespace chroma::onednn
