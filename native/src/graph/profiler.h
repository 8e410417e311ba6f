// Measures one computation: how long the operations of each kind took.
#pragma once

#include <chrono>
#include <unordered_map>

#include "chroma.h"
#include "graph/graph.h"

namespace chroma {

// ggml computes a graph in pieces that end where the caller wants to look. The profiler wants to look where the kind of
// the operations changes, and counts the time since its last look for the kind that ended.
class Profiler {
  public:
    // profile: what the times are added to; null measures nothing.
    Profiler(const Graph& graph, chroma_profile* profile);

    [[nodiscard]] bool wants(const ggml_tensor* node) const { return ends_.contains(node); }

    // Notes that this operation and those before it are computed.
    void see(const ggml_tensor* node);

  private:
    using Clock = std::chrono::steady_clock;

    chroma_profile* profile_;
    std::unordered_map<const ggml_tensor*, OperationKind> ends_;
    Clock::time_point last_ = Clock::now();
};

}  // namespace chroma
