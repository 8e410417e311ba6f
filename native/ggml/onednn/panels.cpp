#include "onednn/panels.h"

#include "onednn/convert.h"
#include "onednn/pack.h"
#include "onednn/prefetch.h"

namespace chroma::onednn {

namespace {

const std::byte* row_of(const ggml_tensor* weight, int64_t row) {
    return static_cast<const std::byte*>(weight->data) + static_cast<size_t>(row) * weight->nb[1];
}

}  // namespace

const std::byte* plain_panel(const LinearProblem& problem, int64_t first, int64_t count, AlignedBuffer& buffer) {
    const ggml_tensor* weight = problem.weight;
    if (weight->type == problem.ggml()) {
        return row_of(weight, first);
    }
    auto* to = buffer.reserve<std::byte>(static_cast<size_t>(count * problem.k) * problem.size());
    for (int64_t row = 0; row < count; ++row) {
        constexpr int64_t kAhead = 2;
        prefetch(row_of(weight, first + row + kAhead), weight->nb[1]);
        const std::byte* from = row_of(weight, first + row);
        std::byte* row_to = to + static_cast<size_t>(row * problem.k) * problem.size();
        if (problem.arithmetic == Arithmetic::BF16) {
            dequantize_row(weight->type, from, reinterpret_cast<bf16*>(row_to), problem.k);
        } else {
            dequantize_row(weight->type, from, reinterpret_cast<float*>(row_to), problem.k);
        }
    }
    return to;
}

const bf16* packed_panel(const LinearProblem& problem, const Patch& patch, AlignedBuffer& buffer) {
    const ggml_tensor* weight = problem.weight;
    auto* to = buffer.reserve<bf16>(static_cast<size_t>(patch.rows * patch.channels));
    pack(weight->type, row_of(weight, patch.row) + ggml_row_size(weight->type, patch.channel), weight->nb[1],
         patch.rows, patch.channels, to);
    return to;
}

}  // namespace chroma::onednn
