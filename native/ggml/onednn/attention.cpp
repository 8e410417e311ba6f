#include "onednn/attention.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "onednn/custom.h"
#include "onednn/tiled_attention.h"

namespace chroma::onednn {

namespace {

// The operands' order: what is written into, if anything; the parts' q, k and v; cos and sin; the runs.
enum Parameter : size_t { kScale, kProducts, kParts, kFlags };
enum Flag : int32_t { kInto = 1, kRotates = 2, kHasRuns = 4 };

// [channels, heads, tokens]
HeadRows plain_rows(const ggml_tensor* tensor) {
    return {.values = static_cast<const float*>(tensor->data),
            .row_stride = static_cast<int64_t>(tensor->nb[2] / sizeof(float)),
            .head_stride = static_cast<int64_t>(tensor->nb[1] / sizeof(float))};
}

HeadRows head_rows(const ggml_tensor* tensor) {
    if (!is_left(tensor)) {
        return plain_rows(tensor);
    }
    HeadRows rows = plain_rows(tensor->src[0]);
    rows.norm_scale = static_cast<const float*>(tensor->src[1]->data);
    rows.norm_epsilon = std::bit_cast<float>(parameter(tensor, 0));
    return rows;
}

void advance(HeadRows& rows, int64_t tokens) {
    rows.values += tokens * rows.row_stride;
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

// What the node says, but for the tokens of a sample.
struct Reader {
    const ggml_tensor* node;
    int32_t flags = parameter(node, kFlags);
    ggml_tensor* const* parts = node->src + ((flags & kInto) != 0 ? 1 : 0);
    ggml_tensor* const* tables = parts + 3 * static_cast<ptrdiff_t>(parameter(node, kParts));
    const ggml_tensor* runs = (flags & kHasRuns) != 0 ? tables[(flags & kRotates) != 0 ? 2 : 0] : nullptr;

    [[nodiscard]] AttentionTask task() const {
        AttentionTask task;
        task.channels = parts[0]->ne[0];
        task.value_channels = parts[2]->ne[0];
        task.heads = parts[0]->ne[1];
        task.scale = std::bit_cast<float>(parameter(node, kScale));
        task.to_bf16 = node->type == GGML_TYPE_BF16;
        task.out_row_stride = (flags & kInto) != 0 ? node->ne[0] : node->ne[0] * node->ne[1];
        task.out_head_stride = task.value_channels;
        return task;
    }

    [[nodiscard]] TokenRun tokens(const AttentionRun& run, const AttentionTask& task) const {
        ggml_tensor* const* part = parts + 3 * static_cast<ptrdiff_t>(run.part);
        TokenRun tokens{.q = head_rows(part[0]), .k = head_rows(part[1]), .v = head_rows(part[2]), .count = run.count};
        advance(tokens.q, run.first);
        advance(tokens.k, run.first);
        advance(tokens.v, run.first);
        const size_t row_bytes = static_cast<size_t>(task.out_row_stride) * ggml_type_size(node->type);
        tokens.out = static_cast<std::byte*>(node->data) + static_cast<size_t>(run.out) * row_bytes;
        return tokens;
    }

    // The first row of the tables for the last `count` tokens of a sample.
    [[nodiscard]] int64_t table_row(int64_t count) const {
        return (flags & kRotates) != 0 ? tables[0]->ne[2] - count : 0;
    }

    [[nodiscard]] RotaryTables rotation() const {
        if ((flags & kRotates) == 0) {
            return {};
        }
        const HeadRows cos = plain_rows(tables[0]);
        return {cos.values, plain_rows(tables[1]).values, cos.row_stride};
    }
};

using Runs = std::vector<AttentionRun>;

// Each sample's runs.
std::vector<Runs> runs_of(const Reader& reader) {
    std::vector<Runs> samples;
    if (reader.runs == nullptr) {
        Runs all;
        int32_t out = 0;
        for (int32_t part = 0; part < parameter(reader.node, kParts); ++part) {
            const auto count = static_cast<int32_t>(reader.parts[3 * static_cast<ptrdiff_t>(part)]->ne[2]);
            all.push_back({.part = part, .first = 0, .count = count, .out = out});
            out += count;
        }
        samples.push_back(std::move(all));
        return samples;
    }
    const auto* run = static_cast<const AttentionRun*>(reader.runs->data);
    for (int64_t sample = 0; sample < reader.runs->ne[2]; ++sample, run += reader.runs->ne[1]) {
        samples.emplace_back(run, run + reader.runs->ne[1]);
    }
    return samples;
}

// Samples that end in the same tokens, such as a prompt and its negative prompt in the first block, belong together.
std::vector<std::vector<Runs>> grouped(std::vector<Runs> samples) {
    std::vector<std::vector<Runs>> groups;
    for (Runs& runs : samples) {
        const AttentionRun& last = runs.back();
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const std::vector<Runs>& other) {
            const AttentionRun& their = other.front().back();
            return their.part == last.part && their.first == last.first && their.count == last.count;
        });
        if (group == groups.end()) {
            groups.emplace_back().push_back(std::move(runs));
        } else {
            group->push_back(std::move(runs));
        }
    }
    return groups;
}

void compute_attention(ggml_tensor* node, int threads, Workspace& workspace) {
    const Reader reader{node};
    for (std::vector<Runs>& group : grouped(runs_of(reader))) {
        AttentionTask task = reader.task();
        task.rotation = reader.rotation();
        if (group.size() > 1) {
            task.shared = reader.tokens(group.front().back(), task);
            task.shared_first_row = reader.table_row(task.shared.count);
        }
        for (Runs& runs : group) {
            AttentionSample sample;
            int64_t tokens = 0;
            for (const AttentionRun& run : runs) {
                tokens += run.count;
            }
            sample.first_row = reader.table_row(tokens);
            if (group.size() > 1) {
                sample.shared_out = reader.tokens(runs.back(), task).out;
                runs.pop_back();
            }
            for (const AttentionRun& run : runs) {
                sample.runs.push_back(reader.tokens(run, task));
            }
            task.samples.push_back(std::move(sample));
        }
        const auto products = static_cast<AttentionProducts>(parameter(node, kProducts));
        attend_in_tiles(task, kernels_for(products, task.channels), threads, workspace);
    }
}

std::vector<ggml_tensor*> list(const AttentionOperands& operands) {
    std::vector<ggml_tensor*> all;
    for (const AttentionPart& part : operands.parts) {
        all.insert(all.end(), {part.q, part.k, part.v});
    }
    if (operands.cos != nullptr) {
        all.insert(all.end(), {operands.cos, operands.sin});
    }
    if (operands.runs != nullptr) {
        all.push_back(operands.runs);
    }
    return all;
}

ggml_tensor* with_parameters(ggml_tensor* node, const AttentionOperands& operands, int32_t flags) {
    set_parameter(node, kScale, std::bit_cast<int32_t>(operands.scale));
    set_parameter(node, kProducts, static_cast<int32_t>(operands.products));
    set_parameter(node, kParts, static_cast<int32_t>(operands.parts.size()));
    set_parameter(node, kFlags,
                  flags | (operands.cos != nullptr ? kRotates : 0) | (operands.runs != nullptr ? kHasRuns : 0));
    take_over(node, Work::RmsNorm);
    return node;
}

}  // namespace

ggml_tensor* attention(ggml_context* context, const AttentionOperands& operands) {
    int64_t tokens = operands.out_tokens;
    if (operands.runs == nullptr) {
        for (const AttentionPart& part : operands.parts) {
            tokens += part.q->ne[2];
        }
    }
    const AttentionPart& part = operands.parts.front();
    ggml_tensor* node = custom(context, compute_attention, operands.to,
                               std::array{part.v->ne[0], part.q->ne[1], tokens}, list(operands));
    return with_parameters(node, operands, 0);
}

ggml_tensor* attention_into(ggml_context* context, ggml_tensor* into, const AttentionOperands& operands) {
    return with_parameters(custom_inplace(context, compute_attention, into, list(operands)), operands, kInto);
}

}  // namespace chroma::onednn
