#include "autoencoder/tiled.h"

#include <string>

namespace chroma::autoencoder {

namespace {

// Where a residual block's input comes from: a plane as it is, or enlarged. An enlarged picture is the largest of all
// tensors, so it is not kept but computed again for each use.
struct BlockInput {
    const Plane* plane;
    const Upsample* upsample = nullptr;

    [[nodiscard]] int64_t scale() const { return upsample != nullptr ? 2 : 1; }
    [[nodiscard]] int64_t width() const { return plane->width() * scale(); }
    [[nodiscard]] int64_t height() const { return plane->height() * scale(); }

    // With one pixel more on each side.
    [[nodiscard]] TileSource source() const { return {"x", plane, 1, scale(), 1, 1}; }
    [[nodiscard]] ggml_tensor* build(Graph& graph, const TileInputs& inputs) const {
        ggml_tensor* x = inputs.source("x");
        return upsample != nullptr ? upsample->forward_part(graph, x) : x;
    }
};

GroupMoments::Norm norm_of(TiledRun& run, const std::string& name, const BlockInput& input, int64_t channels,
                           int64_t tile) {
    const int64_t pixels = input.width() * input.height();
    if (input.upsample == nullptr) {
        return input.plane->moments.norm(pixels);
    }
    Plane enlarged = TiledRun::moments_only(channels, input.height(), input.width());
    run.pass(
        {name + ".moments",
         input.width(),
         input.height(),
         tile,
         {input.source()},
         {},
         [&](Graph& graph, const TileInputs& inputs) { return std::vector{inputs.crop(input.build(graph, inputs))}; },
         {&enlarged}});
    return enlarged.moments.norm(pixels);
}

// x becomes block(upsample(x)), or block(x) without upsample.
void run_block(TiledRun& run, const std::string& name, const ResBlock& block, const Upsample* upsample, int64_t tile,
               Plane& x) {
    const BlockInput input{&x, upsample};
    const int64_t width = input.width();
    const int64_t height = input.height();
    const GroupMoments::Norm norm1 = norm_of(run, name, input, block.in_channels, tile);

    // hidden = conv1(swish(norm1(input))), and what is added at the end, unless that is x itself
    Plane hidden = run.plane(block.out_channels, height, width);
    const bool has_residual = block.shortcut.has_value() || upsample != nullptr;
    Plane residual = has_residual ? run.plane(block.out_channels, height, width) : Plane();
    std::vector<Plane*> targets{&hidden};
    if (has_residual) {
        targets.push_back(&residual);
    }
    run.pass({name + ".first",
              width,
              height,
              tile,
              {input.source()},
              {{"norm1", norm1}},
              [&](Graph& graph, const TileInputs& inputs) {
                  ggml_tensor* tile_x = input.build(graph, inputs);
                  std::vector results{inputs.norm_conv("norm1", block.norm1, block.conv1, tile_x)};
                  if (has_residual) {
                      ggml_tensor* middle = inputs.crop(tile_x);
                      results.push_back(block.shortcut ? block.shortcut->forward(graph, middle) : middle);
                  }
                  return results;
              },
              targets});

    // x = residual + conv2(swish(norm2(hidden)))
    if (has_residual) {
        x = std::move(residual);
    }
    x.moments = GroupMoments(block.out_channels);
    const GroupMoments::Norm norm2 = hidden.moments.norm(width * height);
    run.pass({name + ".second",
              width,
              height,
              tile,
              {{"hidden", &hidden, 1, 1, 1, 1}, {"x", &x}},
              {{"norm2", norm2}},
              [&](Graph& graph, const TileInputs& inputs) {
                  ggml_tensor* change = inputs.norm_conv("norm2", block.norm2, block.conv2, inputs.source("hidden"));
                  return std::vector{ggml_add(graph.context(), inputs.source("x"), change)};
              },
              {&x}});
}

}  // namespace

void decode_tiled(const Decoder& decoder, TiledRun& run, int64_t tile, const Plane& latent, Plane& image) {
    const Level& smallest = decoder.up.back();
    Plane x = run.plane(smallest.channels(), latent.height(), latent.width());
    const auto head = [&](Graph& graph) {
        ggml_tensor* z = graph.input("x", GGML_TYPE_F32, {latent.width(), latent.height(), latent.channels()});
        graph.output("y", decoder.forward_head(graph, z));
    };
    run.whole("decoder head", head, 3 + static_cast<int64_t>(smallest.blocks.size()), latent, x);

    for (size_t level = decoder.up.size() - 1; level > 0; --level) {
        tile *= 2;
        const Upsample* upsample = &*decoder.up[level].upsample;
        for (const ResBlock& block : decoder.up[level - 1].blocks) {
            const std::string name =
                "up." + std::to_string(level - 1) + "." + std::to_string(&block - decoder.up[level - 1].blocks.data());
            run_block(run, name, block, upsample, tile, x);
            upsample = nullptr;
        }
    }
    run.pass({"out",
              x.width(),
              x.height(),
              tile,
              {{"x", &x, 1, 1, 1, 1}},
              {{"norm", x.moments.norm(x.width() * x.height())}},
              [&](Graph&, const TileInputs& inputs) {
                  return std::vector{inputs.norm_conv("norm", decoder.out.norm, decoder.out.conv, inputs.source("x"))};
              },
              {&image}});
}

void encode_tiled(const Encoder& encoder, TiledRun& run, int64_t tile, const Plane& image, Plane& moments) {
    tile *= encoder.downscale();
    Plane x = run.plane(encoder.conv_in.weight->ne[3], image.height(), image.width());
    run.pass({"conv_in",
              x.width(),
              x.height(),
              tile,
              {{"x", &image, 1, 1, 1, 1}},
              {},
              [&](Graph& graph, const TileInputs& inputs) {
                  return std::vector{encoder.conv_in.forward(graph, inputs.source("x"), 1, 0)};
              },
              {&x}});
    for (size_t level = 0; level + 1 < encoder.down.size(); ++level) {
        const Level& down = encoder.down[level];
        for (const ResBlock& block : down.blocks) {
            const std::string name =
                "down." + std::to_string(level) + "." + std::to_string(&block - down.blocks.data());
            run_block(run, name, block, nullptr, tile, x);
        }
        tile /= 2;
        Plane half = run.plane(down.channels(), x.height() / 2, x.width() / 2);
        run.pass({"down." + std::to_string(level),
                  half.width(),
                  half.height(),
                  tile,
                  {{"x", &x, 2, 1, 0, 1}},
                  {},
                  [&](Graph& graph, const TileInputs& inputs) {
                      return std::vector{down.downsample->forward_part(graph, inputs.source("x"))};
                  },
                  {&half}});
        x = std::move(half);
    }
    const auto tail = [&](Graph& graph) {
        ggml_tensor* small = graph.input("x", GGML_TYPE_F32, {x.width(), x.height(), x.channels()});
        graph.output("y", encoder.forward_tail(graph, small));
    };
    run.whole("encoder tail", tail, 4 + static_cast<int64_t>(encoder.down.back().blocks.size()), x, moments);
}

}  // namespace chroma::autoencoder
