// Parts put together.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace chroma::nn {

// The parts one after another along a ggml axis. They are joined pairwise, so that each element is copied log2(parts)
// times, not once for every part after it.
ggml_tensor* concat(Graph& graph, std::vector<ggml_tensor*> parts, int axis);

}  // namespace chroma::nn
