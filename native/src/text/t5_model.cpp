#include "text/t5_model.h"

#include "common/error.h"
#include "weights/finite_results.h"

namespace chroma::t5 {

T5Model::T5Model(std::shared_ptr<Engine> engine, std::shared_ptr<const Checkpoint> checkpoint,
                 const WeightOptions& options)
    : engine_(std::move(engine)) {
    WeightLoader loader(std::move(checkpoint), CHROMA_ARCHITECTURE_T5_ENCODER, engine_, options);
    encoder_ = std::make_unique<T5Encoder>(loader);
    weights_ = loader.load();
}

void T5Model::check(std::shared_ptr<const Checkpoint> checkpoint) {
    WeightLoader loader(std::move(checkpoint), CHROMA_ARCHITECTURE_T5_ENCODER, nullptr, {});
    [[maybe_unused]] const T5Encoder declared(loader);
    loader.check_all_declared();
}

void T5Model::encode(const T5Batch& batch, std::span<const int32_t> ids, const RunContext& run,
                     std::span<float> states) {
    check_ids(batch, ids);
    const size_t nodes = encoder_->max_nodes(batch);
    if (nodes > runner_nodes_ || runner_ == nullptr) {
        runner_ = std::make_unique<ChromaRunner>(engine_, nodes);
        runner_nodes_ = nodes;
    }
    const bool show_bias = run.taps.wants(kPositionBiasTap);
    runner_->prepare(batch.key() + (show_bias ? " bias" : ""), graph_of(batch, show_bias));
    runner_->set("input_ids", ids);
    runner_->compute(run);
    runner_->get("states", states);
    require_finite_results(states, "the text encoder", *weights_);
}

int64_t T5Model::plan(const T5Batch& batch) const {
    return ChromaRunner(engine_, encoder_->max_nodes(batch)).plan(graph_of(batch, false));
}

ChromaRunner::Build T5Model::graph_of(const T5Batch& batch, bool show_bias) const {
    return [this, batch, show_bias](Graph& graph) {
        if (show_bias) {
            encoder_->show_position_bias(graph, batch.tokens);
        }
        ggml_tensor* ids = graph.input("input_ids", GGML_TYPE_I32, {batch.samples * batch.tokens});
        graph.output("states", encoder_->forward(graph, ids, batch));
    };
}

void T5Model::check_ids(const T5Batch& batch, std::span<const int32_t> ids) const {
    for (size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || ids[i] >= sizes().vocabulary) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'input_ids' of sample ", i / static_cast<size_t>(batch.tokens),
                 " has the id ", ids[i], " at position ", i % static_cast<size_t>(batch.tokens),
                 ", but the vocabulary's ids are 0 to ", sizes().vocabulary - 1, ".");
        }
    }
}

}  // namespace chroma::t5
