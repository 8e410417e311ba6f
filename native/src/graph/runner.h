// ChromaRunner: builds a graph once per shape, places it through ggml's scheduler, computes it, and lets callers watch
// and stop it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/callbacks.h"
#include "graph/engine.h"
#include "graph/graph.h"
#include "graph/tap.h"

namespace chroma {

// What one computation is given besides its inputs.
struct RunContext {
    RunContext() = default;

    // run may be null. Checks struct_size and the tap patterns.
    explicit RunContext(const chroma_run_options* run);

    int threads = 0;  // 0: the engine's
    Callbacks callbacks;
    TapListener taps;
    chroma_profile* profile = nullptr;  // the caller's; times are added to it

    // Asked as soon as the output of this name is computed, which may be read then; false ends the computation there.
    std::string pause_at;
    std::function<bool()> go_on;

    // Progress of a call that computes several graphs: blocks done before this graph, and blocks of the whole call (0:
    // this graph's own).
    int64_t blocks_before = 0;
    int64_t blocks_total = 0;
};

class ChromaRunner {
  public:
    using Build = std::function<void(Graph&)>;

    ChromaRunner(std::shared_ptr<Engine> engine, size_t max_nodes);
    ~ChromaRunner();
    ChromaRunner(const ChromaRunner&) = delete;
    ChromaRunner& operator=(const ChromaRunner&) = delete;
    ChromaRunner(ChromaRunner&&) = delete;
    ChromaRunner& operator=(ChromaRunner&&) = delete;

    // Makes the graph for `key` current: kept when the last call had the same key, built and placed otherwise.
    void prepare(const std::string& key, const Build& build);

    // The scratch bytes that the graph would take, without allocating them and without touching the current graph.
    [[nodiscard]] int64_t plan(const Build& build);

    // Sets an input of the current graph; the byte count must be the tensor's. Every input is set before each compute.
    void set(const std::string& name, const void* data, size_t bytes);
    void set(const std::string& name, std::span<const float> values) { set(name, values.data(), values.size_bytes()); }
    void set(const std::string& name, std::span<const int32_t> values) {
        set(name, values.data(), values.size_bytes());
    }

    // Computes the current graph; returns whether to its end. Throws ABORTED when a callback asks to stop,
    // OUT_OF_MEMORY when memory ends.
    bool compute(const RunContext& run);

    // Copies a float32 output of the current graph; the element count must be the tensor's.
    void get(const std::string& name, std::span<float> values) const;

    // Scratch memory held now; trim() gives it back.
    [[nodiscard]] int64_t held_bytes() const;
    void trim();

    [[nodiscard]] Engine& engine() const { return *engine_; }

  private:
    struct Placed;
    class Observer;

    [[nodiscard]] std::unique_ptr<Graph> build_graph(const Build& build) const;

    std::shared_ptr<Engine> engine_;
    size_t max_nodes_;
    std::vector<BackendPtr> backends_;
    std::unique_ptr<Placed> placed_;
};

}  // namespace chroma
