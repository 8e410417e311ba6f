// Operations of our own in ggml's graphs: GGML_OP_CUSTOM nodes that the oneDNN backend computes on its threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ggml.h"
#include "onednn/aligned_buffer.h"

namespace chroma::onednn {

// Memory that is kept from one operation to the next.
struct Workspace {
    AlignedBuffer packed;   // operands in the layout in which they are multiplied
    AlignedBuffer plain;    // operands on the way there
    AlignedBuffer scratch;  // of the threads
};

// Computes a node from its operands and parameters.
using Compute = void (*)(ggml_tensor* node, int threads, Workspace& workspace);

// A new tensor, or the first operand changed in place. `ne` has up to four axes.
ggml_tensor* custom(ggml_context* context, Compute compute, ggml_type type, std::span<const int64_t> ne,
                    std::span<ggml_tensor* const> operands);
ggml_tensor* custom_inplace(ggml_context* context, Compute compute, ggml_tensor* changed,
                            std::span<ggml_tensor* const> others);

// Numbers that an operation is told besides its operands: four of them.
void set_parameter(ggml_tensor* node, size_t index, int32_t value);
int32_t parameter(const ggml_tensor* node, size_t index);

// Some operations do the work of others on the way, where it costs next to nothing, unless somebody looks at what lies
// between. `node` may be left to its one reader; `reader` does the work of operands that were left to it, and takes
// those that were not as they are. What the node reads must be the reader's operand as well, so that it lasts.
enum class Work : int32_t { LayerNorm = 1, RmsNorm = 2 };
void let_leave(ggml_tensor* node, Work work);
void take_over(ggml_tensor* reader, Work work);

// Whether the operation at `index` is left to its reader, which is so if the graph goes on to that. The reader asks.
bool leave_to_reader(const ggml_cgraph* graph, int index);
bool is_left(const ggml_tensor* node);

// Of the nodes that are made here, and no others.
bool is_custom(const ggml_tensor* node);
bool is_custom(const ggml_tensor* node, Compute compute);
void compute_custom(ggml_tensor* node, int threads, Workspace& workspace);

}  // namespace chroma::onednn
