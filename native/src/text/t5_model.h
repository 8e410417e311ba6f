// A loaded T5 encoder: weights, graph and runner behind one call.
#pragma once

#include <memory>
#include <span>

#include "graph/runner.h"
#include "text/t5_encoder.h"

namespace chroma::t5 {

class T5Model {
  public:
    // Limits of one call, far beyond any prompt.
    static constexpr int64_t kMaxSamples = 256;
    static constexpr int64_t kMaxTokens = 4096;

    T5Model(std::shared_ptr<Engine> engine, std::shared_ptr<const Checkpoint> checkpoint, const WeightOptions& options);

    // Throws as loading would for a checkpoint that lacks something, without loading it.
    static void check(std::shared_ptr<const Checkpoint> checkpoint);

    [[nodiscard]] const T5Sizes& sizes() const { return encoder_->sizes(); }
    [[nodiscard]] const Weights& weights() const { return *weights_; }

    // states: [samples, tokens, hidden]. Throws INVALID_ARGUMENT for an id outside the vocabulary.
    void encode(const T5Batch& batch, std::span<const int32_t> ids, const RunContext& run, std::span<float> states);

    // Scratch bytes that encode() would take, and those held now.
    [[nodiscard]] int64_t plan(const T5Batch& batch) const;
    [[nodiscard]] int64_t held_bytes() const { return runner_ != nullptr ? runner_->held_bytes() : 0; }
    void trim() { runner_.reset(); }

  private:
    [[nodiscard]] ChromaRunner::Build graph_of(const T5Batch& batch, bool show_bias) const;
    void check_ids(const T5Batch& batch, std::span<const int32_t> ids) const;

    std::shared_ptr<Engine> engine_;
    std::unique_ptr<T5Encoder> encoder_;
    std::unique_ptr<Weights> weights_;
    std::unique_ptr<ChromaRunner> runner_;
    size_t runner_nodes_ = 0;  // what runner_ has room for
};

}  // namespace chroma::t5
