// One layer computed tile by tile, exactly.
//
// What makes tiles of an autoencoder differ from the untiled picture is GroupNorm: its means and variances are those of
// the whole picture. So tiles here do not run through the whole network one after another. Each pair of norm and
// convolution runs over all tiles before the next one starts: the layer's output is kept for the whole picture (a
// Plane), its moments are added up on the way, and the next pass reads tiles of it with the one pixel more that a
// convolution needs. Only scratch memory (norms, im2col, enlarged inputs) is that of a tile. The result is the same
// function, up to float32 rounding; there is no seam and no overlap to choose.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "autoencoder/group_norm.h"
#include "autoencoder/plane.h"
#include "graph/runner.h"
#include "nn/conv.h"

namespace chroma::autoencoder {

// A tile's input: for output columns [first, end), the columns [first * num / den - before, end * num / den + after) of
// a plane, zeros beyond its borders; rows alike.
struct TileSource {
    std::string name;
    const Plane* plane;
    int64_t numerator = 1;
    int64_t denominator = 1;
    int64_t before = 0;
    int64_t after = 0;
};

// The inputs of a tile's graph.
class TileInputs {
  public:
    explicit TileInputs(Graph& graph) : graph_(graph) {}

    // Source `name`: ggml [W, H, C].
    [[nodiscard]] ggml_tensor* source(const std::string& name) const { return sources_.at(name); }

    // conv(swish(norm(x))) of a tile x with one pixel more on each side, to the tile without them. `name` says under
    // which name the pass has the norm's moments. Beyond the picture's border the convolution sees zeros.
    ggml_tensor* norm_conv(const std::string& name, const GroupNorm& norm, const nn::Conv2d& conv,
                           ggml_tensor* x) const;

    // x without its outermost pixels.
    [[nodiscard]] ggml_tensor* crop(ggml_tensor* x) const;

  private:
    friend class TiledRun;
    Graph& graph_;
    std::unordered_map<std::string, ggml_tensor*> sources_;
    ggml_tensor* inside_ = nullptr;  // [W + 2, H + 2], 1 in the picture, 0 beyond its border
};

struct TiledPass {
    std::string name;
    int64_t width;   // of the output
    int64_t height;  // of the output
    int64_t tile;    // side of a tile of the output
    std::vector<TileSource> sources;
    std::vector<std::pair<std::string, GroupMoments::Norm>> norms;
    std::function<std::vector<ggml_tensor*>(Graph&, const TileInputs&)> build;

    // Where build's tensors go. A plane may also be a source without `before` and `after`: a tile is read before it is
    // written. Only moments are taken of a plane without memory.
    std::vector<Plane*> targets;
};

// Runs passes one after another, or, dry, finds out what they would need.
class TiledRun {
  public:
    TiledRun(ChromaRunner& runner, RunContext run, bool dry) : runner_(runner), run_(std::move(run)), dry_(dry) {}

    void pass(const TiledPass& pass);

    // A graph for the whole picture, computed between passes: input "x", output "y".
    void whole(const std::string& name, const ChromaRunner::Build& build, int64_t blocks, const Plane& x, Plane& y);

    [[nodiscard]] Plane plane(int64_t channels, int64_t height, int64_t width) {
        return {channels, height, width, memory_, dry_};
    }

    // A plane of which only the moments are of interest.
    [[nodiscard]] static Plane moments_only(int64_t channels, int64_t height, int64_t width) {
        return {channels, height, width, {}};
    }

    // So far: blocks (tiles count as such), and the largest sum of planes and scratch memory.
    [[nodiscard]] int64_t blocks() const { return run_.blocks_before; }
    [[nodiscard]] int64_t peak_bytes() const { return peak_; }

  private:
    void compute(int64_t blocks);
    void note(int64_t scratch);

    ChromaRunner& runner_;
    RunContext run_;
    bool dry_;
    PlaneMemory memory_;
    int64_t peak_ = 0;
};

}  // namespace chroma::autoencoder
