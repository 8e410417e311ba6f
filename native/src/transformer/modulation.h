// Modulation: the vectors that tell each block about the time. The Approximator makes all of them as the rows of one
// table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace chroma {

// What one place of one block gets, each ggml [C]. `factor` is 1 + scale: tables in a graph hold it in scale's rows.
struct ModulationOut {
    ggml_tensor* shift = nullptr;
    ggml_tensor* factor = nullptr;
    ggml_tensor* gate = nullptr;
};

// Of one stream of a double block: before the attention, and before the MLP.
struct DoubleModulation {
    ModulationOut attention;
    ModulationOut mlp;
};

// Rows row (shift), row + 1 (scale) and row + 2 (gate) of a table, ggml [C, rows].
[[nodiscard]] ModulationOut modulation_at(Graph& graph, ggml_tensor* table, int64_t row);

// Rows row to row + 5.
[[nodiscard]] DoubleModulation double_modulation_at(Graph& graph, ggml_tensor* table, int64_t row);

// Rows row (shift) and row + 1 (scale): the last layer has no gate.
[[nodiscard]] ModulationOut final_modulation_at(Graph& graph, ggml_tensor* table, int64_t row);

// x * (1 + scale) + shift. x: ggml [C, N]. Call it with what nothing else reads: x may be overwritten.
ggml_tensor* modulate(Graph& graph, ggml_tensor* x, const ModulationOut& modulation, ggml_type to = GGML_TYPE_F32);

// x + gate * y. y may be overwritten.
ggml_tensor* gate(Graph& graph, ggml_tensor* x, ggml_tensor* y, ggml_tensor* gate_values);

// Which rows of the table belong to whom: first the single blocks (3 each), then the image streams of the double blocks
// (6 each), then their text streams (6 each), last the final layer's shift and scale.
class ModulationIndex {
  public:
    ModulationIndex(int64_t double_blocks, int64_t single_blocks) : doubles_(double_blocks), singles_(single_blocks) {}

    [[nodiscard]] int64_t single(int64_t block) const { return kSingle * block; }
    [[nodiscard]] int64_t image(int64_t block) const { return kSingle * singles_ + kDouble * block; }
    [[nodiscard]] int64_t text(int64_t block) const { return image(doubles_) + kDouble * block; }
    [[nodiscard]] int64_t last() const { return text(doubles_); }
    [[nodiscard]] int64_t rows() const { return last() + kFinal; }

    struct Entry {
        std::string name;  // as flow names it: "double_blocks.0.img_mod.lin"
        int64_t row;
        int64_t count;
    };

    // Every modulation, in the order of rows.
    [[nodiscard]] std::vector<Entry> entries() const;

    // Turns scale into 1 + scale in a table [rows, channels].
    void add_one_to_scales(std::span<float> table, int64_t channels) const;

  private:
    static constexpr int64_t kSingle = 3;
    static constexpr int64_t kDouble = 6;
    static constexpr int64_t kFinal = 2;

    int64_t doubles_;
    int64_t singles_;
};

// Turns scale into 1 + scale where a table [rows, channels] is one module's alone: shift, scale(, gate), shift, scale,
// gate ...
void add_one_to_scales(std::span<float> table, int64_t channels);

}  // namespace chroma
