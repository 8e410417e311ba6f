// chroma_transformer_*
#include <array>
#include <cmath>

#include "api/model_handle.h"
#include "common/named_inputs.h"
#include "transformer/modules.h"
#include "transformer/transformer_runner.h"

using chroma::fail;
using chroma::TransformerInputs;
using chroma::TransformerRunner;
using chroma::TransformerSizes;
using chroma::api::compute_with;
using chroma::api::guard;
using chroma::api::load;
using chroma::api::read_struct;
using chroma::api::require;
using chroma::api::write_struct;

struct chroma_step_cache {
    chroma_step_cache(float threshold, int most_in_row) : cache(threshold, most_in_row) {}

    chroma::StepCache cache;
};

struct chroma_transformer {
    static constexpr chroma_architecture kArchitecture = CHROMA_ARCHITECTURE_CHROMA;

    chroma_transformer(const std::shared_ptr<chroma::Engine>& used,
                       std::shared_ptr<const chroma::Checkpoint> checkpoint, const chroma_load_options& options)
        : engine(used),
          runner(std::move(checkpoint), used, chroma::api::weight_options(options),
                 {options.rope_axes[0], options.rope_axes[1], options.rope_axes[2]}),
          memory(runner.model().weights()) {}

    std::mutex mutex;
    std::shared_ptr<chroma::Engine> engine;
    TransformerRunner runner;
    chroma::api::MemoryCount memory;
};

extern "C" {

chroma_status chroma_step_cache_create(const chroma_step_cache_options* options, chroma_step_cache** cache) {
    return guard([&] {
        *require(cache, "cache") = nullptr;
        const chroma_step_cache_options given = read_struct(require(options, "options"), "options");
        if (!(given.threshold > 0) || !std::isfinite(given.threshold)) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'threshold' is ", given.threshold,
                 ", but must be above 0 and finite.");
        }
        if (given.most_in_row < 0) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'most_in_row' is ", given.most_in_row,
                 ", but must be a number of evaluations, or 0 for any.");
        }
        *cache = std::make_unique<chroma_step_cache>(given.threshold, given.most_in_row).release();
    });
}

void chroma_step_cache_free(chroma_step_cache* cache) {
    std::unique_ptr<chroma_step_cache>{cache}.reset();
}

chroma_status chroma_step_cache_get_info(const chroma_step_cache* cache, chroma_step_cache_info* info) {
    return guard([&] {
        const chroma::StepCache& state = require(cache, "cache")->cache;
        chroma_step_cache_info found{};
        found.last_change = state.last_change();
        found.evaluations = state.evaluations();
        found.predicted = state.predicted();
        found.bytes = state.bytes();
        write_struct(info, found, "info");
    });
}

chroma_status chroma_transformer_load(chroma_engine* engine, const char* path, const chroma_load_options* options,
                                      chroma_transformer** transformer) {
    return load(engine, path, options, transformer, "transformer");
}

chroma_status chroma_transformer_load_weights(chroma_engine* engine, const chroma_weights* weights,
                                              const chroma_load_options* options, chroma_transformer** transformer) {
    return load(engine, weights, options, transformer, "transformer");
}

void chroma_transformer_free(chroma_transformer* transformer) {
    std::unique_ptr<chroma_transformer>{transformer}.reset();
}

chroma_status chroma_transformer_get_info(const chroma_transformer* transformer, chroma_transformer_info* info) {
    return guard([&] {
        const chroma::ChromaTransformer& model = require(transformer, "transformer")->runner.model();
        const TransformerSizes& sizes = model.sizes();
        const auto narrow = [](int64_t value) { return static_cast<int32_t>(value); };
        chroma_transformer_info found{};
        found.hidden_size = narrow(sizes.hidden);
        found.heads = narrow(sizes.heads);
        found.head_size = narrow(sizes.head_size);
        found.double_blocks = narrow(sizes.double_blocks);
        found.single_blocks = narrow(sizes.single_blocks);
        found.mlp_size = narrow(sizes.mlp);
        found.context_size = narrow(sizes.context);
        found.latent_channels = narrow(sizes.latent_channels);
        found.patch_size = narrow(chroma::kPatchSize);
        found.approximator_inputs = narrow(sizes.approximator_inputs);
        found.approximator_size = narrow(sizes.approximator_hidden);
        found.approximator_layers = narrow(sizes.approximator_layers);
        found.modulation_rows = narrow(sizes.modulation().rows());
        std::copy(sizes.rope.sizes.begin(), sizes.rope.sizes.end(), std::begin(found.rope_axes));
        found.parameter_count = model.weights().parameter_count();
        write_struct(info, found, "info");
    });
}

chroma_status chroma_transformer_get_memory(chroma_transformer* transformer, chroma_memory* memory) {
    return guard([&] {
        const std::lock_guard lock(require(transformer, "transformer")->mutex);
        write_struct(memory, transformer->memory.describe(transformer->runner.held_bytes()), "memory");
    });
}

chroma_status chroma_transformer_plan(chroma_transformer* transformer, const chroma_transformer_inputs* inputs,
                                      chroma_memory* memory) {
    return guard([&] {
        const std::lock_guard lock(require(transformer, "transformer")->mutex);
        TransformerRunner& runner = transformer->runner;
        const TransformerInputs sizes =
            TransformerInputs::read_sizes(read_struct(require(inputs, "inputs"), "inputs"), runner.model().sizes());
        write_struct(memory, transformer->memory.describe(runner.plan(sizes)), "memory");
    });
}

chroma_status chroma_transformer_trim(chroma_transformer* transformer) {
    return guard([&] {
        const std::lock_guard lock(require(transformer, "transformer")->mutex);
        transformer->runner.trim();
    });
}

chroma_status chroma_transformer_forward(chroma_transformer* transformer, const chroma_transformer_inputs* inputs,
                                         const chroma_run_options* run, float* velocity) {
    return guard([&] {
        const std::lock_guard lock(require(transformer, "transformer")->mutex);
        TransformerRunner& runner = transformer->runner;
        const chroma_transformer_inputs read = read_struct(require(inputs, "inputs"), "inputs");
        TransformerInputs given = TransformerInputs::read(read, runner.model().sizes());
        given.cache = read.cache != nullptr ? &read.cache->cache : nullptr;
        require(velocity, "velocity");
        const chroma_run_options options = read_struct(run, "run");
        std::vector<float> result;
        compute_with(runner.model().weights(), [&] { result = runner.forward(given, options); });
        transformer->memory.note(runner.held_bytes());
        std::copy(result.begin(), result.end(), velocity);
    });
}

chroma_status chroma_transformer_run_module(chroma_transformer* transformer, const char* module,
                                            const chroma_tensor* inputs, int32_t input_count,
                                            const chroma_run_options* run) {
    return guard([&] {
        const std::lock_guard lock(require(transformer, "transformer")->mutex);
        const chroma::NamedInputs named(require(module, "module"), inputs, input_count);
        const chroma_run_options options = read_struct(run, "run");
        if (options.tap == nullptr) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'run.tap' is NULL, but the module's outputs go there.");
        }
        const chroma::ChromaTransformer& model = transformer->runner.model();
        compute_with(model.weights(), [&] { chroma::run_module(model, transformer->engine, named, options); });
    });
}

}  // extern "C"
