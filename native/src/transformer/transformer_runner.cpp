#include "transformer/transformer_runner.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "common/error.h"
#include "nn/attention.h"
#include "transformer/timestep_embedding.h"
#include "weights/finite_results.h"

namespace chroma {

namespace {

// More samples than this gain nothing by sharing a graph, and its memory would grow with them.
constexpr size_t kMaxSamplesPerGraph = 8;

// Enough for the steps of any usual schedule.
constexpr size_t kCachedTimesteps = 64;

constexpr size_t kLastLayerNodes = 64;

size_t approximator_nodes(const TransformerSizes& sizes) {
    constexpr size_t kPerLayer = 16;
    return kPerLayer * static_cast<size_t>(sizes.approximator_layers + 2);
}

// "0-6,9": which positions there are, in runs.
std::string runs_text(const std::vector<int32_t>& positions) {
    std::string out;
    for (size_t i = 0; i < positions.size();) {
        size_t end = i + 1;
        while (end < positions.size() && positions[end] == positions[end - 1] + 1) {
            ++end;
        }
        out += text(out.empty() ? "" : ",", positions[i], "-", positions[end - 1]);
        i = end;
    }
    return out;
}

}  // namespace

TransformerRunner::TransformerRunner(std::shared_ptr<const Checkpoint> checkpoint,
                                     const std::shared_ptr<Engine>& engine, const WeightOptions& options,
                                     const std::array<int32_t, 3>& rope_axes)
    : engine_(engine),
      model_(std::move(checkpoint), engine, options, rope_axes),
      approximator_runner_(engine, approximator_nodes(model_.sizes())),
      last_layer_runner_(engine, kLastLayerNodes),
      cache_(kCachedTimesteps) {}

std::vector<float> TransformerRunner::forward(const TransformerInputs& inputs, const chroma_run_options& run) {
    const RunContext whole(&run);
    TapAssembler assembler(run, whole.taps, inputs.batch);
    const std::vector<Group> groups = group_by_timestep(inputs.timestep);
    const std::vector<ModulationCache::Table> tables = modulations(groups, whole, assembler);
    show_positions(inputs, whole.taps);

    const int64_t blocks = model_.sizes().double_blocks + model_.sizes().single_blocks;
    std::vector<float> velocity(inputs.latent.size());
    RunContext part = whole;
    part.blocks_total = blocks * static_cast<int64_t>(groups.size());
    for (size_t i = 0; i < groups.size(); ++i) {
        std::vector<std::vector<int64_t>> samples;
        for (const int64_t sample : groups[i].samples) {
            samples.push_back({sample});
        }
        part.blocks_before = blocks * static_cast<int64_t>(i);
        part.taps = assembler.listener_for(std::move(samples));
        compute_group(inputs, groups[i], tables[i], part, velocity);
    }
    return velocity;
}

std::vector<TransformerRunner::Group> TransformerRunner::group_by_timestep(std::span<const float> timesteps) {
    std::vector<Group> groups;
    for (size_t sample = 0; sample < timesteps.size(); ++sample) {
        auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& candidate) {
            return candidate.timestep == timesteps[sample] && candidate.samples.size() < kMaxSamplesPerGraph;
        });
        if (group == groups.end()) {
            group = groups.insert(groups.end(), Group{timesteps[sample], {}});
        }
        group->samples.push_back(static_cast<int64_t>(sample));
    }
    return groups;
}

std::vector<int64_t> TransformerRunner::latent_numbers(const TransformerInputs& inputs, const Group& group) {
    std::vector<int64_t> numbers;
    if (inputs.latent.empty()) {
        return numbers;
    }
    std::vector<std::span<const float>> known;
    for (const int64_t sample : group.samples) {
        const std::span<const float> latent = inputs.latent_of(sample);
        const auto same = std::find_if(known.begin(), known.end(), [&](std::span<const float> other) {
            return std::equal(latent.begin(), latent.end(), other.begin());
        });
        numbers.push_back(same - known.begin());
        if (same == known.end()) {
            known.push_back(latent);
        }
    }
    return numbers;
}

std::string TransformerRunner::key_of(const TransformerInputs& inputs, const Group& group) {
    std::string key = text(inputs.latent_shape.height, "x", inputs.latent_shape.width, " ", inputs.text_tokens,
                           inputs.cache != nullptr ? " cached" : "");
    for (const int64_t number : latent_numbers(inputs, group)) {
        key += text(" ", number);
    }
    for (const int64_t sample : group.samples) {
        key += text(" ", runs_text(inputs.kept_text[static_cast<size_t>(sample)]));
    }
    return key;
}

PackedTokens TransformerRunner::pack(const TransformerInputs& inputs, const Group& group) {
    std::vector<std::vector<int32_t>> kept;
    for (const int64_t sample : group.samples) {
        kept.push_back(inputs.kept_text[static_cast<size_t>(sample)]);
    }
    return {inputs.latent_shape.tokens(), inputs.text_tokens, kept, latent_numbers(inputs, group)};
}

void TransformerRunner::build(Graph& graph, const TransformerInputs& inputs, const Group& group) const {
    const TransformerSizes& sizes = model_.sizes();
    const PackedTokens tokens = pack(inputs, group);
    // Of the sample with the most text: as all text stands in one place, others take as much of it as they have.
    int64_t most_text = 0;
    for (int64_t sample = 0; sample < tokens.samples(); ++sample) {
        most_text = std::max(most_text, tokens.text.slice(sample).count);
    }
    std::vector<float> ids = text_ids(most_text);
    const std::vector<float> image = image_ids(inputs.latent_shape);
    ids.insert(ids.end(), image.begin(), image.end());
    ggml_tensor* img = graph.input("img", GGML_TYPE_F32, {sizes.token_channels(), tokens.entry.tokens()});
    ggml_tensor* txt = graph.input("txt", GGML_TYPE_F32, {sizes.context, tokens.text.tokens()});
    ggml_tensor* modulation = graph.input("modulation", GGML_TYPE_F32, {sizes.hidden, sizes.modulation().rows()});
    graph.output("velocity", model_.forward(graph, img, txt, modulation, tokens, ids, inputs.cache != nullptr));
}

void TransformerRunner::build_approximator(Graph& graph) const {
    const TransformerSizes& sizes = model_.sizes();
    ggml_tensor* x = graph.input("x", GGML_TYPE_F32, {sizes.approximator_inputs, sizes.modulation().rows()});
    graph.output("table", model_.approximator().forward(graph, x, 1));
}

size_t TransformerRunner::node_bound(const PackedTokens& tokens) const {
    const TransformerSizes& sizes = model_.sizes();
    int64_t attention = 0;
    for (int64_t sample = 0; sample < tokens.samples(); ++sample) {
        constexpr int64_t kAroundAttention = 64;
        const int64_t count = tokens.text.slice(sample).count + tokens.image.slice(sample).count;
        attention += kAroundAttention + nn::attention_nodes(count, count, sizes.heads);
    }
    constexpr int64_t kPerBlock = 128;
    return static_cast<size_t>((sizes.double_blocks + sizes.single_blocks + 2) * (kPerBlock + attention));
}

ChromaRunner& TransformerRunner::runner_for(const PackedTokens& tokens) {
    const size_t nodes = node_bound(tokens);
    if (runner_ == nullptr || nodes > runner_nodes_) {
        runner_.reset();
        runner_nodes_ = std::bit_ceil(nodes);
        runner_ = std::make_unique<ChromaRunner>(engine_, runner_nodes_);
    }
    return *runner_;
}

std::vector<ModulationCache::Table> TransformerRunner::modulations(const std::vector<Group>& groups,
                                                                   const RunContext& run, TapAssembler& assembler) {
    // A listener that wants to see the Approximator's layers sees them even if the result is known.
    const bool tapped = model_.approximator().is_tapped(run.taps);
    std::vector<ModulationCache::Table> tables(groups.size());
    for (size_t i = 0; i < groups.size(); ++i) {
        if (tables[i] != nullptr) {
            continue;
        }
        const float timestep = groups[i].timestep;
        std::vector<int64_t> samples;
        for (size_t j = i; j < groups.size(); ++j) {
            if (groups[j].timestep == timestep) {
                samples.insert(samples.end(), groups[j].samples.begin(), groups[j].samples.end());
            }
        }
        ModulationCache::Table table = tapped ? nullptr : cache_.find(timestep);
        if (table == nullptr) {
            RunContext part = run;
            part.callbacks.progress = nullptr;  // progress counts blocks
            part.taps = assembler.listener_for({samples});
            table = compute_modulation(timestep, part);
        }
        for (size_t j = i; j < groups.size(); ++j) {
            if (groups[j].timestep == timestep) {
                tables[j] = table;
            }
        }
    }
    return tables;
}

// One timestep at a time: a table's last bits must not depend on what else is computed, or else a table from the cache
// would differ from one computed anew.
ModulationCache::Table TransformerRunner::compute_modulation(float timestep, const RunContext& run) {
    const TransformerSizes& sizes = model_.sizes();
    const ModulationIndex index = sizes.modulation();
    approximator_runner_.prepare("table", [&](Graph& graph) { build_approximator(graph); });
    approximator_runner_.set("x", approximator_input({&timestep, 1}, index.rows(), sizes.approximator_inputs));
    approximator_runner_.compute(run);
    std::vector<float> values(static_cast<size_t>(index.rows() * sizes.hidden));
    approximator_runner_.get("table", values);
    index.add_one_to_scales(values, sizes.hidden);
    auto table = std::make_shared<const std::vector<float>>(std::move(values));
    if (cache_.find(timestep) == nullptr) {
        cache_.add(timestep, table);
    }
    return table;
}

void TransformerRunner::show_positions(const TransformerInputs& inputs, const TapListener& taps) const {
    const std::string name = "pe_embedder";
    if (!taps.wants(name)) {
        return;
    }
    std::vector<float> ids = text_ids(inputs.text_tokens);
    const std::vector<float> image = image_ids(inputs.latent_shape);
    ids.insert(ids.end(), image.begin(), image.end());
    const std::vector<float> matrices = rope_matrices(nn::rope_table(ids, model_.sizes().rope));
    std::vector<float> values;
    values.reserve(matrices.size() * static_cast<size_t>(inputs.batch));
    for (int64_t sample = 0; sample < inputs.batch; ++sample) {
        values.insert(values.end(), matrices.begin(), matrices.end());
    }
    const int64_t tokens = inputs.text_tokens + inputs.latent_shape.tokens();
    taps.show(name, {inputs.batch, 1, tokens, model_.sizes().head_size / 2, 2, 2}, values);
}

void TransformerRunner::compute_group(const TransformerInputs& inputs, const Group& group,
                                      const ModulationCache::Table& modulation, const RunContext& run,
                                      std::span<float> velocity) {
    const TransformerSizes& sizes = model_.sizes();
    const LatentShape& shape = inputs.latent_shape;
    const auto latent_size = static_cast<size_t>(shape.elements());
    const auto token_size = static_cast<size_t>(sizes.context);
    const PackedTokens tokens = pack(inputs, group);
    std::vector<float> img(static_cast<size_t>(tokens.entry.tokens() * shape.token_channels()));
    std::vector<float> txt;
    for (size_t i = 0; i < group.samples.size(); ++i) {
        const auto sample = static_cast<size_t>(group.samples[i]);
        const int64_t first = tokens.entry.slice(static_cast<int64_t>(i)).first * shape.token_channels();
        pack_latent(inputs.latent_of(group.samples[i]), shape,
                    std::span(img).subspan(static_cast<size_t>(first), latent_size));
        for (const int32_t position : inputs.kept_text[sample]) {
            const size_t row = sample * static_cast<size_t>(inputs.text_tokens) + static_cast<size_t>(position);
            const std::span<const float> token = inputs.context.subspan(row * token_size, token_size);
            txt.insert(txt.end(), token.begin(), token.end());
        }
    }

    ChromaRunner& runner = runner_for(tokens);
    runner.prepare(key_of(inputs, group), [&](Graph& graph) { build(graph, inputs, group); });
    runner.set("img", img);
    runner.set("txt", txt);
    runner.set("modulation", *modulation);
    std::vector<float> result(group.samples.size() * latent_size);
    if (inputs.cache != nullptr) {
        compute_cached(runner, *inputs.cache, group, tokens.image, modulation, run, result);
    } else {
        runner.compute(run);
        runner.get("velocity", result);
    }
    require_finite(result);
    for (size_t i = 0; i < group.samples.size(); ++i) {
        const auto sample = static_cast<size_t>(group.samples[i]);
        unpack_latent(std::span(result).subspan(i * latent_size, latent_size), shape,
                      velocity.subspan(sample * latent_size, latent_size));
    }
}

void TransformerRunner::compute_cached(ChromaRunner& runner, StepCache& cache, const Group& group,
                                       const TokenStream& image, const ModulationCache::Table& modulation,
                                       const RunContext& run, std::span<float> velocity) {
    const TransformerSizes& sizes = model_.sizes();
    const auto stream_size = static_cast<size_t>(image.tokens() * sizes.hidden);
    const size_t sample_size = stream_size / group.samples.size();
    std::vector<float> first(stream_size);  // what the first block adds
    std::vector<float> stream(stream_size);
    const auto of_sample = [&](std::vector<float>& values, size_t i) {
        return std::span(values).subspan(i * sample_size, sample_size);
    };

    RunContext part = run;
    part.pause_at = ChromaTransformer::kFirstOutput;
    part.go_on = [&] {
        runner.get(ChromaTransformer::kEntryOutput, first);
        runner.get(ChromaTransformer::kFirstOutput, stream);
        std::transform(stream.begin(), stream.end(), first.begin(), first.begin(), std::minus<>());
        float change = 0;
        for (size_t i = 0; i < group.samples.size(); ++i) {
            change = std::max(change, cache.change(group.samples[i], of_sample(first, i)));
        }
        // Whoever listens wants to see all layers.
        return !cache.accepts(change) || run.taps.listens();
    };
    const bool computed = runner.compute(part);
    for (const int64_t sample : group.samples) {
        cache.count(sample, !computed);
    }
    if (!computed) {
        for (size_t i = 0; i < group.samples.size(); ++i) {
            cache.add_rest(group.samples[i], group.timestep, of_sample(stream, i));
        }
        compute_last_layer(stream, image, modulation, run, velocity);
        run.callbacks.report(run.blocks_before + sizes.double_blocks + sizes.single_blocks, run.blocks_total);
        return;
    }
    runner.get("velocity", velocity);
    require_finite(velocity);  // before the cache keeps what later evaluations would be predicted from
    std::vector<float> rest(stream_size);
    runner.get(ChromaTransformer::kLastOutput, rest);
    std::transform(rest.begin(), rest.end(), stream.begin(), rest.begin(), std::minus<>());
    for (size_t i = 0; i < group.samples.size(); ++i) {
        const std::span<float> own_first = of_sample(first, i);
        const std::span<float> own_rest = of_sample(rest, i);
        cache.keep(group.samples[i],
                   {group.timestep, {own_first.begin(), own_first.end()}, {own_rest.begin(), own_rest.end()}});
    }
}

void TransformerRunner::compute_last_layer(std::span<const float> stream, const TokenStream& image,
                                           const ModulationCache::Table& modulation, const RunContext& run,
                                           std::span<float> velocity) {
    const TransformerSizes& sizes = model_.sizes();
    last_layer_runner_.prepare(text(image.tokens()), [&](Graph& graph) {
        ggml_tensor* x = graph.input("x", GGML_TYPE_F32, {sizes.hidden, image.tokens()});
        ggml_tensor* table = graph.input("modulation", GGML_TYPE_F32, {sizes.hidden, sizes.modulation().rows()});
        graph.output("velocity", model_.final_layer().forward(
                                     graph, x, final_modulation_at(graph, table, sizes.modulation().last()), image));
    });
    last_layer_runner_.set("x", stream);
    last_layer_runner_.set("modulation", *modulation);
    RunContext part = run;
    part.callbacks.progress = nullptr;  // progress counts blocks
    last_layer_runner_.compute(part);
    last_layer_runner_.get("velocity", velocity);
}

void TransformerRunner::require_finite(std::span<const float> velocity) const {
    require_finite_results(velocity, "the transformer", model_.weights());
}

int64_t TransformerRunner::plan(const TransformerInputs& inputs) {
    // Timesteps are not known yet: equal ones make the largest graphs.
    const std::vector<float> timesteps(static_cast<size_t>(inputs.batch), 0.0F);
    int64_t largest = 0;
    std::string planned;
    for (const Group& group : group_by_timestep(timesteps)) {
        if (std::string key = key_of(inputs, group); key != planned) {
            ChromaRunner& runner = runner_for(pack(inputs, group));
            largest = std::max(largest, runner.plan([&](Graph& graph) { build(graph, inputs, group); }));
            planned = std::move(key);
        }
    }
    const int64_t approximator = approximator_runner_.plan([&](Graph& graph) { build_approximator(graph); });
    return largest + approximator;
}

int64_t TransformerRunner::held_bytes() const {
    const int64_t held = runner_ != nullptr ? runner_->held_bytes() : 0;
    return held + approximator_runner_.held_bytes() + last_layer_runner_.held_bytes() + cache_.bytes();
}

void TransformerRunner::trim() {
    approximator_runner_.trim();
    last_layer_runner_.trim();
    cache_.clear();
    if (runner_ != nullptr) {
        runner_->trim();
    }
}

}  // namespace chroma
