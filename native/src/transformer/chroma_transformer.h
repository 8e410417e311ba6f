// ChromaTransformer: the whole network, in the order in which data flows. Weights and graph only; TransformerRunner
// drives it.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "transformer/approximator.h"
#include "transformer/double_stream_block.h"
#include "transformer/last_layer.h"
#include "transformer/single_stream_block.h"
#include "transformer/sizes.h"

namespace chroma {

class ChromaTransformer {
  public:
    // Loads all tensors. Throws IO, FORMAT, WRONG_MODEL, MISSING_TENSOR, TENSOR_SHAPE or ABORTED.
    ChromaTransformer(std::shared_ptr<const Checkpoint> checkpoint, std::shared_ptr<Engine> engine,
                      const WeightOptions& options, const std::array<int32_t, 3>& rope_axes);

    // Throws as loading would for a checkpoint that lacks something, without loading it.
    static void check(std::shared_ptr<const Checkpoint> checkpoint);

    // Outputs of a graph that step caching reads: the image stream, [hidden, image.tokens()], before the first block,
    // behind it, and behind the last one.
    static constexpr const char* kEntryOutput = "stream_entry";
    static constexpr const char* kFirstOutput = "stream_first";
    static constexpr const char* kLastOutput = "stream_last";

    // Image tokens, ggml [token channels, image.tokens()], and text states, [context, text.tokens()], -> velocity
    // tokens. modulation: the Approximator's table, [hidden, rows], with 1 + scale for scale. ids:
    // [n, 3], the positions of a sample's tokens, where one of fewer than n takes the last. with_streams: whether to
    // make the outputs above.
    ggml_tensor* forward(Graph& graph, ggml_tensor* img, ggml_tensor* txt, ggml_tensor* modulation,
                         const PackedTokens& tokens, const std::vector<float>& ids, bool with_streams) const;

    [[nodiscard]] const TransformerSizes& sizes() const { return sizes_; }
    [[nodiscard]] const Weights& weights() const { return *weights_; }

    [[nodiscard]] const Approximator& approximator() const { return approximator_; }
    [[nodiscard]] const nn::Linear& img_in() const { return img_in_; }
    [[nodiscard]] const nn::Linear& txt_in() const { return txt_in_; }
    [[nodiscard]] const std::vector<DoubleStreamBlock>& double_blocks() const { return double_blocks_; }
    [[nodiscard]] const std::vector<SingleStreamBlock>& single_blocks() const { return single_blocks_; }
    [[nodiscard]] const LastLayer& final_layer() const { return final_layer_; }

  private:
    ChromaTransformer(std::unique_ptr<WeightLoader> loader, const std::array<int32_t, 3>& rope_axes);

    // Declares all tensors and loads none.
    ChromaTransformer(WeightLoader& loader, const TransformerSizes& sizes);

    TransformerSizes sizes_;
    Approximator approximator_;
    nn::Linear img_in_;
    nn::Linear txt_in_;
    std::vector<DoubleStreamBlock> double_blocks_;
    std::vector<SingleStreamBlock> single_blocks_;
    LastLayer final_layer_;
    std::unique_ptr<Weights> weights_;
};

}  // namespace chroma
