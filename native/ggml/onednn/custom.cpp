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
constexpr size_t kOwnWork = kFirstParameter - 3;    // Work that may be left to the reader; 0: none
constexpr size_t kTakenOver = kFirstParameter - 2;  // Work of operands
constexpr size_t kIsLeft = kFirstParameter - 1;
static_assert(sizeof(ggml_custom_op_params) <= kOwnWork * sizeof(int32_t));

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

void let_leave(ggml_tensor* node, Work work) {
    node->op_params[kOwnWork] = static_cast<int32_t>(work);
}

void take_over(ggml_tensor* reader, Work work) {
    reader->op_params[kTakenOver] = static_cast<int32_t>(work);
}

bool leave_to_reader(const ggml_cgraph* graph, int index) {
    ggml_tensor* node = graph->nodes[index];
    if (!is_custom(node) || node->op_params[kOwnWork] == 0) {
        return false;
    }
    const auto takes_over = [&](const ggml_tensor* other) {
        const auto* end = std::end(other->src);
        return is_custom(other) && other->op_params[kTakenOver] == node->op_params[kOwnWork] &&
               std::find(std::begin(other->src), end, node) != end;
    };
    const bool left = std::any_of(graph->nodes + index + 1, graph->nodes + graph->n_nodes, takes_over);
    node->op_params[kIsLeft] = left ? 1 : 0;
    return left;
}

bool is_left(const ggml_tensor* node) {
    return is_custom(node) && node->op_params[kIsLeft] != 0;
}

bool is_custom(const ggml_tensor* node) {
    return node->op == GGML_OP_CUSTOM && params_of(node).fun == on_ggml;
}

bool is_custom(const ggml_tensor* node, Compute compute) {
    return is_custom(node) && std::bit_cast<Compute>(params_of(node).userdata) == compute;
}

void compute_custom(ggml_tensor* node, int threads, Workspace& workspace) {
    std::bit_cast<Compute>(params_of(node).userdata)(node, threads, workspace);
}

}  // namespace chroma::onednn
