#include "onednn/custom.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "ggml-impl.h"

namespace chroma::onednn {

namespace {

// ggml's own parameters of a custom operation come first.
constexpr size_t kFirstParameter = GGML_MAX_OP_PARAMS / sizeof(int32_t) - 4;
constexpr size_t kLeaving = kFirstParameter - 1;  // what let_leave() and the like have noted
static_assert(sizeof(ggml_custom_op_params) <= kLeaving * sizeof(int32_t));

enum Leaving : int32_t { kMayBeLeft = 1, kIsLeft = 2, kTakesOver = 4 };

bool has(const ggml_tensor* node, Leaving flag) {
    return is_custom(node) && (node->op_params[kLeaving] & flag) != 0;
}

ggml_custom_op_params params_of(const ggml_tensor* node) {
    ggml_custom_op_params params{};
    std::copy_n(reinterpret_cast<const std::byte*>(node->op_params), sizeof(params),
                reinterpret_cast<std::byte*>(&params));
    return params;
}

// What ggml calls, should it ever get one of these nodes: one thread does it all.
void on_ggml(ggml_tensor* node, int thread, int /*threads*/, void* compute) {
    if (thread == 0) {
        Workspace workspace;
        std::bit_cast<Compute>(compute)(node, 1, workspace);
    }
}

}  // namespace

ggml_tensor* custom(ggml_context* context, Compute compute, ggml_type type, std::span<const int64_t> ne,
                    std::span<ggml_tensor* const> operands) {
    std::array<int64_t, GGML_MAX_DIMS> all{1, 1, 1, 1};
    std::copy(ne.begin(), ne.end(), all.begin());
    std::vector<ggml_tensor*> own(operands.begin(), operands.end());
    return ggml_custom_4d(context, type, all[0], all[1], all[2], all[3], own.data(), static_cast<int>(own.size()),
                          on_ggml, 1, std::bit_cast<void*>(compute));
}

ggml_tensor* custom_inplace(ggml_context* context, Compute compute, ggml_tensor* changed,
                            std::span<ggml_tensor* const> others) {
    std::vector<ggml_tensor*> own(others.begin(), others.end());
    return ggml_custom_inplace(context, changed, own.data(), static_cast<int>(own.size()), on_ggml, 1,
                               std::bit_cast<void*>(compute));
}

void set_parameter(ggml_tensor* node, size_t index, int32_t value) {
    node->op_params[kFirstParameter + index] = value;
}

int32_t parameter(const ggml_tensor* node, size_t index) {
    return node->op_params[kFirstParameter + index];
}

void let_leave(ggml_tensor* node) {
    node->op_params[kLeaving] |= kMayBeLeft;
}

void take_over(ggml_tensor* reader) {
    reader->op_params[kLeaving] |= kTakesOver;
}

bool leave_to_reader(const ggml_cgraph* graph, int index) {
    ggml_tensor* node = graph->nodes[index];
    if (!has(node, kMayBeLeft)) {
        return false;
    }
    const auto reads = [&](const ggml_tensor* other) {
        return has(other, kTakesOver) &&
               std::find(other->src, other->src + GGML_MAX_SRC, node) != other->src + GGML_MAX_SRC;
    };
    const bool left = std::any_of(graph->nodes + index + 1, graph->nodes + graph->n_nodes, reads);
    node->op_params[kLeaving] = left ? node->op_params[kLeaving] | kIsLeft : node->op_params[kLeaving] & ~kIsLeft;
    return left;
}

bool is_left(const ggml_tensor* node) {
    return has(node, kIsLeft);
}

bool is_custom(const ggml_tensor* node) {
    return node->op == GGML_OP_CUSTOM && params_of(node).fun == on_ggml;
}

void compute_custom(ggml_tensor* node, int threads, Workspace& workspace) {
    std::bit_cast<Compute>(params_of(node).userdata)(node, threads, workspace);
}

}  // namespace chroma::onednn
