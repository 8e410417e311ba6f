#include "transformer/modulation.h"

#ifdef CHROMA_HAS_ONEDNN
#include "onednn/elementwise.h"
#endif

namespace chroma {

namespace {

ggml_tensor* row_of(Graph& graph, ggml_tensor* table, int64_t row) {
    return ggml_view_1d(graph.context(), table, table->ne[0], static_cast<size_t>(row) * table->nb[1]);
}

}  // namespace

ModulationOut modulation_at(Graph& graph, ggml_tensor* table, int64_t row) {
    return {row_of(graph, table, row), row_of(graph, table, row + 1), row_of(graph, table, row + 2)};
}

DoubleModulation double_modulation_at(Graph& graph, ggml_tensor* table, int64_t row) {
    return {modulation_at(graph, table, row), modulation_at(graph, table, row + 3)};
}

ModulationOut final_modulation_at(Graph& graph, ggml_tensor* table, int64_t row) {
    return {row_of(graph, table, row), row_of(graph, table, row + 1), nullptr};
}

ggml_tensor* modulate(Graph& graph, ggml_tensor* x, const ModulationOut& modulation, [[maybe_unused]] ggml_type to) {
#ifdef CHROMA_HAS_ONEDNN
    if (graph.fuses() && ggml_is_vector(modulation.factor)) {
        return onednn::modulate(graph.context(), x, modulation.factor, modulation.shift, to);
    }
#endif
    ggml_tensor* scaled = ggml_mul_inplace(graph.context(), x, modulation.factor);
    return ggml_add_inplace(graph.context(), scaled, modulation.shift);
}

ggml_tensor* gate(Graph& graph, ggml_tensor* x, ggml_tensor* y, ggml_tensor* gate_values) {
#ifdef CHROMA_HAS_ONEDNN
    if (graph.fuses() && ggml_is_vector(gate_values)) {
        return onednn::gate(graph.context(), x, y, gate_values);
    }
#endif
    ggml_tensor* gated = ggml_mul_inplace(graph.context(), y, gate_values);
    return ggml_add_inplace(graph.context(), gated, x);
}

std::vector<ModulationIndex::Entry> ModulationIndex::entries() const {
    std::vector<Entry> out;
    for (int64_t i = 0; i < singles_; ++i) {
        out.push_back({"single_blocks." + std::to_string(i) + ".modulation.lin", single(i), kSingle});
    }
    for (int64_t i = 0; i < doubles_; ++i) {
        out.push_back({"double_blocks." + std::to_string(i) + ".img_mod.lin", image(i), kDouble});
    }
    for (int64_t i = 0; i < doubles_; ++i) {
        out.push_back({"double_blocks." + std::to_string(i) + ".txt_mod.lin", text(i), kDouble});
    }
    out.push_back({"final_layer.adaLN_modulation.1", last(), kFinal});
    return out;
}

void ModulationIndex::add_one_to_scales(std::span<float> table, int64_t channels) const {
    for (const Entry& entry : entries()) {
        chroma::add_one_to_scales(
            table.subspan(static_cast<size_t>(entry.row * channels), static_cast<size_t>(entry.count * channels)),
            channels);
    }
}

void add_one_to_scales(std::span<float> table, int64_t channels) {
    constexpr size_t kRowsPerModulation = 3;
    const size_t rows = table.size() / static_cast<size_t>(channels);
    for (size_t row = 1; row < rows; row += kRowsPerModulation) {
        for (float& value : table.subspan(row * static_cast<size_t>(channels), static_cast<size_t>(channels))) {
            value += 1.0F;
        }
    }
}

}  // namespace chroma
