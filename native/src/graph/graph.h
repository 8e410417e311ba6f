// A graph under construction: ggml's context with named inputs, constants, taps and progress marks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ggml.h"
#include "graph/engine.h"
#include "graph/operation_kind.h"
#include "graph/tap.h"

namespace chroma {

class Graph {
  public:
    // max_nodes bounds the operations; a graph that outgrows it is a defect. The kernels are the engine's.
    Graph(size_t max_nodes, Kernels kernels);

    [[nodiscard]] ggml_context* context() const { return context_.get(); }

    // True where chains of element-wise operations are computed in one pass (nn/fused.h).
    [[nodiscard]] bool fuses() const { return kernels_.fuse; }

    // The type in which activations that only a product with this weight reads are best stored.
    [[nodiscard]] ggml_type input_type(const ggml_tensor* weight) const {
        return weight->type == GGML_TYPE_F32 ? GGML_TYPE_F32 : kernels_.products;
    }

    // A value that the caller sets before every computation. ne is in ggml order.
    ggml_tensor* input(const std::string& name, ggml_type type, const std::vector<int64_t>& ne);

    // A value that is known while building and stays the same for the graph's life (rope tables, position biases,
    // masks). Asked for again under the same name (at most 63 characters), the first one is returned.
    ggml_tensor* constant(const std::string& name, const std::vector<float>& values, const std::vector<int64_t>& ne);
    ggml_tensor* constant(const std::string& name, const std::vector<int32_t>& values, const std::vector<int64_t>& ne);

    // A result that the caller reads after the computation.
    ggml_tensor* output(const std::string& name, ggml_tensor* tensor);

    // Names a tensor for listeners and returns it. Costs nothing while computing unless somebody listens. The tensor is
    // float32 or bfloat16 with contiguous rows. A tensor may have several names.
    ggml_tensor* tap(const std::string& name, ggml_tensor* tensor, TapLayout layout);

    // Names the channels of two tensors, ggml [A, N] and [B, N], as one [A + B, N]. They are computed first of all that
    // is not in the graph yet, and nothing may write over the first one before the second is there.
    void tap_beside(const std::string& name, ggml_tensor* first, ggml_tensor* second, TapLayout layout);

    // Marks the end of a block: progress is reported and abort asked once it is computed.
    ggml_tensor* block_end(ggml_tensor* tensor);

    // Says what the operations are for that are added while the result lives. Of nested ones the inner one counts.
    class KindScope {
      public:
        KindScope(Graph& graph, OperationKind kind);
        ~KindScope();
        KindScope(const KindScope&) = delete;
        KindScope& operator=(const KindScope&) = delete;
        KindScope(KindScope&&) = delete;
        KindScope& operator=(KindScope&&) = delete;

      private:
        Graph& graph_;
        OperationKind kind_;
        OperationKind outer_;
    };
    [[nodiscard]] KindScope mark(OperationKind kind) { return {*this, kind}; }
    [[nodiscard]] OperationKind kind_of(const ggml_tensor* tensor) const;

    // In the order in which they are computed.
    [[nodiscard]] std::span<ggml_tensor* const> nodes() const;

  private:
    friend class ChromaRunner;

    // Tensors made from here on, up to the next change, are of this kind. ggml lays them out one behind the other.
    struct KindChange {
        size_t offset;
        OperationKind kind;
    };
    void change_kind(OperationKind kind);

    struct Constant {
        ggml_tensor* tensor;
        std::vector<std::byte> bytes;
    };

    ggml_tensor* add_constant(const std::string& name, ggml_type type, const void* data, size_t bytes,
                              const std::vector<int64_t>& ne);

    Kernels kernels_;
    ContextPtr context_;
    ContextPtr constant_context_;
    ggml_cgraph* cgraph_;
    std::vector<Constant> constants_;
    std::unordered_map<std::string, ggml_tensor*> inputs_;
    std::unordered_map<std::string, ggml_tensor*> outputs_;
    std::unordered_map<const ggml_tensor*, std::vector<Tap>> taps_;  // by the operation that makes their values
    std::vector<const ggml_tensor*> block_ends_;
    std::vector<KindChange> kinds_;
};

}  // namespace chroma
