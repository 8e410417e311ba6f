#include "nn/concat.h"

namespace chroma::nn {

ggml_tensor* concat(Graph& graph, std::vector<ggml_tensor*> parts, int axis) {
    while (parts.size() > 1) {
        std::vector<ggml_tensor*> joined;
        for (size_t i = 0; i + 1 < parts.size(); i += 2) {
            joined.push_back(ggml_concat(graph.context(), parts[i], parts[i + 1], axis));
        }
        if (parts.size() % 2 != 0) {
            joined.push_back(parts.back());
        }
        parts = std::move(joined);
    }
    return parts.front();
}

}  // namespace chroma::nn
