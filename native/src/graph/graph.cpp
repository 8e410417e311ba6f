#include "graph/graph.h"

#include <algorithm>
#include <iterator>

#include "common/error.h"

namespace chroma {

namespace {

// Two for every sample of a text encoder's batch, and some.
constexpr size_t kMaxConstants = 1024;

ggml_tensor* new_tensor(ggml_context* context, ggml_type type, const std::vector<int64_t>& ne,
                        const std::string& name) {
    ggml_tensor* tensor = ggml_new_tensor(context, type, static_cast<int>(ne.size()), ne.data());
    ggml_set_name(tensor, name.c_str());
    return tensor;
}

}  // namespace

Graph::Graph(size_t max_nodes, Kernels kernels)
    : kernels_(kernels),
      // An operation may come with views of its operands, so tensors are counted twice over.
      context_(make_context(2 * max_nodes * ggml_tensor_overhead() + ggml_graph_overhead_custom(max_nodes, false))),
      constant_context_(make_context(kMaxConstants * ggml_tensor_overhead())),
      cgraph_(ggml_new_graph_custom(context_.get(), max_nodes, false)) {}

ggml_tensor* Graph::input(const std::string& name, ggml_type type, const std::vector<int64_t>& ne) {
    ggml_tensor* tensor = new_tensor(context_.get(), type, ne, name);
    ggml_set_input(tensor);
    inputs_[name] = tensor;
    return tensor;
}

ggml_tensor* Graph::add_constant(const std::string& name, ggml_type type, const void* data, size_t bytes,
                                 const std::vector<int64_t>& ne) {
    for (const Constant& constant : constants_) {
        if (name == ggml_get_name(constant.tensor)) {
            return constant.tensor;
        }
    }
    ggml_tensor* tensor = new_tensor(constant_context_.get(), type, ne, name);
    ggml_set_input(tensor);  // else planning finds no place for a constant of which only views are used
    if (ggml_nbytes(tensor) != bytes) {
        fail(CHROMA_ERROR_INTERNAL, "The constant '", name, "' has ", bytes, " bytes, but its shape takes ",
             ggml_nbytes(tensor), ".");
    }
    const auto* begin = static_cast<const std::byte*>(data);
    constants_.push_back({tensor, std::vector<std::byte>(begin, begin + bytes)});
    return tensor;
}

ggml_tensor* Graph::constant(const std::string& name, const std::vector<float>& values,
                             const std::vector<int64_t>& ne) {
    return add_constant(name, GGML_TYPE_F32, values.data(), values.size() * sizeof(float), ne);
}

ggml_tensor* Graph::constant(const std::string& name, const std::vector<int32_t>& values,
                             const std::vector<int64_t>& ne) {
    return add_constant(name, GGML_TYPE_I32, values.data(), values.size() * sizeof(int32_t), ne);
}

ggml_tensor* Graph::output(const std::string& name, ggml_tensor* tensor) {
    ggml_set_output(tensor);
    outputs_[name] = tensor;
    ggml_build_forward_expand(cgraph_, tensor);
    return tensor;
}

ggml_tensor* Graph::tap(const std::string& name, ggml_tensor* tensor, TapLayout layout) {
    // A view that nothing else reads must not get into the graph: what it looks at would keep its memory to the end.
    const ggml_tensor* computed = tensor;
    while (computed->op == GGML_OP_VIEW || computed->op == GGML_OP_RESHAPE) {
        computed = computed->src[0];
    }
    taps_[computed].push_back({name, tensor, std::move(layout)});
    return tensor;
}

void Graph::tap_beside(const std::string& name, ggml_tensor* first, ggml_tensor* second, TapLayout layout) {
    ggml_build_forward_expand(cgraph_, first);
    ggml_build_forward_expand(cgraph_, second);
    taps_[second].push_back({name, first, std::move(layout), second});
}

Graph::KindScope::KindScope(Graph& graph, OperationKind kind)
    : graph_(graph), kind_(kind), outer_(graph.kinds_.empty() ? OperationKind::Other : graph.kinds_.back().kind) {
    graph_.change_kind(kind_);
}

Graph::KindScope::~KindScope() {
    graph_.change_kind(outer_);
}

void Graph::change_kind(OperationKind kind) {
    kinds_.push_back({ggml_used_mem(context_.get()), kind});
}

OperationKind Graph::kind_of(const ggml_tensor* tensor) const {
    const auto* base = static_cast<const std::byte*>(ggml_get_mem_buffer(context_.get()));
    const auto offset = static_cast<size_t>(reinterpret_cast<const std::byte*>(tensor) - base);
    const auto after = std::upper_bound(kinds_.begin(), kinds_.end(), offset,
                                        [](size_t value, const KindChange& change) { return value < change.offset; });
    return after == kinds_.begin() ? OperationKind::Other : std::prev(after)->kind;
}

std::span<ggml_tensor* const> Graph::nodes() const {
    return {ggml_graph_nodes(cgraph_), static_cast<size_t>(ggml_graph_n_nodes(cgraph_))};
}

ggml_tensor* Graph::block_end(ggml_tensor* tensor) {
    block_ends_.push_back(tensor);
    return tensor;
}

}  // namespace chroma
