#include "graph/profiler.h"

namespace chroma {

namespace {

// Views of other tensors, which take no time.
bool computes(const ggml_tensor* node) {
    switch (node->op) {
        case GGML_OP_NONE:
        case GGML_OP_RESHAPE:
        case GGML_OP_VIEW:
        case GGML_OP_PERMUTE:
        case GGML_OP_TRANSPOSE:
            return false;
        default:
            return true;
    }
}

double& seconds_of(chroma_profile& profile, OperationKind kind) {
    switch (kind) {
        case OperationKind::Linear:
            return profile.linear_seconds;
        case OperationKind::Attention:
            return profile.attention_seconds;
        case OperationKind::Convolution:
            return profile.convolution_seconds;
        default:
            return profile.other_seconds;
    }
}

}  // namespace

Profiler::Profiler(const Graph& graph, chroma_profile* profile) : profile_(profile) {
    if (profile_ == nullptr) {
        return;
    }
    const ggml_tensor* before = nullptr;
    OperationKind kind_before = OperationKind::Other;
    for (const ggml_tensor* node : graph.nodes()) {
        if (!computes(node)) {
            continue;
        }
        const OperationKind kind = graph.kind_of(node);
        if (before != nullptr && kind != kind_before) {
            ends_.emplace(before, kind_before);
        }
        before = node;
        kind_before = kind;
    }
    if (before != nullptr) {
        ends_.emplace(before, kind_before);
    }
}

void Profiler::see(const ggml_tensor* node) {
    const auto end = ends_.find(node);
    if (end == ends_.end()) {
        return;
    }
    const Clock::time_point now = Clock::now();
    seconds_of(*profile_, end->second) += std::chrono::duration<double>(now - last_).count();
    last_ = now;
}

}  // namespace chroma
