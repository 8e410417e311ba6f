// One size of the autoencoder: its residual blocks, then the step to the next size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autoencoder/attn_block.h"
#include "autoencoder/res_block.h"
#include "autoencoder/resample.h"

namespace chroma::autoencoder {

// `prefix.block.M`, and `prefix.upsample` or `prefix.downsample` where the file has one.
struct Level {
    std::vector<ResBlock> blocks;
    std::optional<Upsample> upsample;
    std::optional<Downsample> downsample;

    // Reads the number of blocks and their widths from the file.
    Level(WeightLoader& loader, const std::string& prefix, int64_t in);

    [[nodiscard]] int64_t channels() const { return blocks.back().out_channels; }

    ggml_tensor* forward_blocks(Graph& graph, ggml_tensor* x) const;
    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;
};

// Every level of one half has as many blocks. Throws MISSING_TENSOR naming the first block that is not there.
void check_levels(const WeightLoader& loader, const std::string& prefix, const std::vector<Level>& levels);

// The smallest size: `prefix.block_1`, `prefix.attn_1`, `prefix.block_2`.
struct Mid {
    ResBlock block_1;
    AttnBlock attn_1;
    ResBlock block_2;

    Mid(WeightLoader& loader, const std::string& prefix, int64_t channels);

    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;
};

// The last layers of encoder and decoder: `prefix.norm_out`, swish, `prefix.conv_out`.
struct Out {
    GroupNorm norm;
    nn::Conv2d conv;
    int64_t channels;  // of the result

    Out(WeightLoader& loader, const std::string& prefix, int64_t in, int64_t out);

    ggml_tensor* forward(Graph& graph, ggml_tensor* x) const;

  private:
    std::string prefix_;
};

// Shape of a convolution's weight, [out, in, K, K]; throws if it isn't one.
[[nodiscard]] Shape convolution_shape(const WeightLoader& loader, const std::string& name);

}  // namespace chroma::autoencoder
