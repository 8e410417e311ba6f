// Drives ChromaTransformer: packs a batch into graphs, keeps the Approximator's tables, and unpacks the velocities.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "chroma.h"
#include "graph/runner.h"
#include "transformer/chroma_transformer.h"
#include "transformer/modulation_cache.h"
#include "transformer/tap_assembler.h"
#include "transformer/transformer_inputs.h"

namespace chroma {

class TransformerRunner {
  public:
    TransformerRunner(std::shared_ptr<const Checkpoint> checkpoint, const std::shared_ptr<Engine>& engine,
                      const WeightOptions& options, const std::array<int32_t, 3>& rope_axes);

    [[nodiscard]] const ChromaTransformer& model() const { return model_; }

    // Returns the velocity, [B, C, H, W].
    [[nodiscard]] std::vector<float> forward(const TransformerInputs& inputs, const chroma_run_options& run);

    // The scratch bytes that a forward call of these sizes would hold at its largest.
    [[nodiscard]] int64_t plan(const TransformerInputs& inputs);

    // The scratch bytes held now; trim() gives them back.
    [[nodiscard]] int64_t held_bytes() const;
    void trim();

  private:
    // Samples of one timestep: one graph computes them together.
    struct Group {
        float timestep;
        std::vector<int64_t> samples;
    };

    [[nodiscard]] static std::vector<Group> group_by_timestep(std::span<const float> timesteps);

    // Of each sample of a group, the number of its latent: equal ones are computed once up to the first attention.
    // Empty if only sizes are known.
    [[nodiscard]] static std::vector<int64_t> latent_numbers(const TransformerInputs& inputs, const Group& group);

    // Everything that a group's graph depends on, as text.
    [[nodiscard]] static std::string key_of(const TransformerInputs& inputs, const Group& group);
    [[nodiscard]] static PackedTokens pack(const TransformerInputs& inputs, const Group& group);

    void build(Graph& graph, const TransformerInputs& inputs, const Group& group) const;
    void build_approximator(Graph& graph) const;
    [[nodiscard]] size_t node_bound(const PackedTokens& tokens) const;

    // The runner of the main graph, replaced by a larger one when a graph outgrows it.
    ChromaRunner& runner_for(const PackedTokens& tokens);

    // The tables of all groups, in their order.
    std::vector<ModulationCache::Table> modulations(const std::vector<Group>& groups, const RunContext& run,
                                                    TapAssembler& assembler);
    ModulationCache::Table compute_modulation(float timestep, const RunContext& run);
    void show_positions(const TransformerInputs& inputs, const TapListener& taps) const;
    void compute_group(const TransformerInputs& inputs, const Group& group, const ModulationCache::Table& modulation,
                       const RunContext& run, std::span<float> velocity);

    // Computes the prepared graph with the samples' step cache; velocity: in tokens.
    void compute_cached(ChromaRunner& runner, StepCache& cache, const Group& group, const TokenStream& image,
                        const ModulationCache::Table& modulation, const RunContext& run, std::span<float> velocity);

    // The last layer alone. stream: the image stream behind the last block.
    void compute_last_layer(std::span<const float> stream, const TokenStream& image,
                            const ModulationCache::Table& modulation, const RunContext& run, std::span<float> velocity);

    void require_finite(std::span<const float> velocity) const;

    std::shared_ptr<Engine> engine_;
    ChromaTransformer model_;
    ChromaRunner approximator_runner_;
    ChromaRunner last_layer_runner_;
    std::unique_ptr<ChromaRunner> runner_;
    size_t runner_nodes_ = 0;
    ModulationCache cache_;
};

}  // namespace chroma
