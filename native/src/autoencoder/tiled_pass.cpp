#include "autoencoder/tiled_pass.h"

#include <algorithm>

#include "common/error.h"
#include "nn/activation.h"

namespace chroma::autoencoder {

namespace {

// A tile along one axis. Tiles have one size, so that one graph does for all; the last one starts earlier where the
// picture is not a multiple of it, and only what is new in it is written.
struct Stretch {
    int64_t first;
    int64_t end;
    int64_t fresh;  // first pixel that no earlier tile has
};

std::vector<Stretch> stretches(int64_t length, int64_t tile) {
    std::vector<Stretch> all;
    const int64_t size = std::min(tile, length);
    for (int64_t fresh = 0; fresh < length; fresh += size) {
        const int64_t first = std::min(fresh, length - size);
        all.push_back({first, first + size, fresh});
    }
    return all;
}

struct Range {
    int64_t first;
    int64_t end;
    [[nodiscard]] int64_t size() const { return end - first; }
};

Range source_range(const TileSource& source, const Stretch& s) {
    return {s.first * source.numerator / source.denominator - source.before,
            s.end * source.numerator / source.denominator + source.after};
}

// Copies a part of a plane, with zeros beyond its borders.
std::vector<float> cut(const Plane& plane, Range xs, Range ys) {
    std::vector<float> part(static_cast<size_t>(plane.channels() * ys.size() * xs.size()), 0.0F);
    const int64_t left = std::max<int64_t>(xs.first, 0);
    const int64_t right = std::min(xs.end, plane.width());
    for (int64_t c = 0; c < plane.channels(); ++c) {
        for (int64_t y = std::max<int64_t>(ys.first, 0); y < std::min(ys.end, plane.height()); ++y) {
            const float* row = plane.row(c, y);
            std::copy(row + left, row + right,
                      part.data() + (c * ys.size() + y - ys.first) * xs.size() + left - xs.first);
        }
    }
    return part;
}

// Writes what is new in a tile into a plane and adds it to the plane's moments.
void paste(const std::vector<float>& values, const Stretch& xs, const Stretch& ys, Plane& plane) {
    const int64_t width = xs.end - xs.first;
    const int64_t height = ys.end - ys.first;
    for (int64_t c = 0; c < plane.channels(); ++c) {
        for (int64_t y = ys.fresh; y < ys.end; ++y) {
            const float* from = values.data() + (c * height + y - ys.first) * width + xs.fresh - xs.first;
            const std::span<const float> row(from, static_cast<size_t>(xs.end - xs.fresh));
            plane.moments.add(c, row);
            if (!plane.values().empty()) {
                std::copy(row.begin(), row.end(), plane.row(c, y) + xs.fresh);
            }
        }
    }
}

// 1 for pixels of the picture, 0 for those beyond its border, of a tile with one pixel more on each side.
std::vector<float> inside(const TiledPass& pass, const Stretch& xs, const Stretch& ys) {
    std::vector<float> mask;
    for (int64_t y = ys.first - 1; y < ys.end + 1; ++y) {
        for (int64_t x = xs.first - 1; x < xs.end + 1; ++x) {
            mask.push_back(x >= 0 && x < pass.width && y >= 0 && y < pass.height ? 1.0F : 0.0F);
        }
    }
    return mask;
}

std::string output_name(size_t index) {
    return "out." + std::to_string(index);
}

}  // namespace

ggml_tensor* TileInputs::norm_conv(const std::string& name, const GroupNorm& norm, const nn::Conv2d& conv,
                                   ggml_tensor* x) const {
    const int64_t channels = x->ne[2];
    ggml_tensor* mean = graph_.input(name + ".mean", GGML_TYPE_F32, {channels});
    ggml_tensor* deviation = graph_.input(name + ".deviation", GGML_TYPE_F32, {channels});
    x = nn::silu(graph_, norm.forward(graph_, x, mean, deviation));
    return conv.forward(graph_, ggml_mul_inplace(graph_.context(), x, inside_), 1, 0);
}

ggml_tensor* TileInputs::crop(ggml_tensor* x) const {
    ggml_tensor* middle = ggml_view_3d(graph_.context(), x, x->ne[0] - 2, x->ne[1] - 2, x->ne[2], x->nb[1], x->nb[2],
                                       x->nb[1] + x->nb[0]);
    return ggml_cont(graph_.context(), middle);
}

void TiledRun::pass(const TiledPass& pass) {
    const std::vector<Stretch> columns = stretches(pass.width, pass.tile);
    const std::vector<Stretch> rows = stretches(pass.height, pass.tile);
    const int64_t width = columns.front().end;
    const int64_t height = rows.front().end;

    const auto build = [&](Graph& graph) {
        TileInputs inputs(graph);
        inputs.inside_ = graph.input("inside", GGML_TYPE_F32, {width + 2, height + 2});
        for (const TileSource& source : pass.sources) {
            inputs.sources_[source.name] =
                graph.input(source.name, GGML_TYPE_F32,
                            {source_range(source, columns.front()).size(), source_range(source, rows.front()).size(),
                             source.plane->channels()});
        }
        const std::vector<ggml_tensor*> results = pass.build(graph, inputs);
        for (size_t i = 0; i < results.size(); ++i) {
            graph.output(output_name(i), results[i]);
        }
        graph.block_end(results.back());
    };
    if (dry_) {
        note(runner_.plan(build));
        run_.blocks_before += static_cast<int64_t>(columns.size() * rows.size());
        return;
    }

    runner_.prepare(text("tile ", pass.name, " ", width, "x", height), build);
    note(runner_.held_bytes());
    std::vector<float> result;
    for (const Stretch& ys : rows) {
        for (const Stretch& xs : columns) {
            for (const TileSource& source : pass.sources) {
                runner_.set(source.name, cut(*source.plane, source_range(source, xs), source_range(source, ys)));
            }
            for (const auto& [name, norm] : pass.norms) {
                runner_.set(name + ".mean", norm.mean);
                runner_.set(name + ".deviation", norm.reciprocal_deviation);
            }
            runner_.set("inside", inside(pass, xs, ys));
            compute(1);
            for (size_t i = 0; i < pass.targets.size(); ++i) {
                Plane& target = *pass.targets[i];
                result.resize(static_cast<size_t>(target.channels() * width * height));
                runner_.get(output_name(i), result);
                paste(result, xs, ys, target);
            }
        }
    }
}

void TiledRun::whole(const std::string& name, const ChromaRunner::Build& build, int64_t blocks, const Plane& x,
                     Plane& y) {
    if (dry_) {
        note(runner_.plan(build));
        run_.blocks_before += blocks;
        return;
    }
    runner_.prepare(text("whole ", name, " ", x.width(), "x", x.height()), build);
    note(runner_.held_bytes());
    runner_.set("x", x.values());
    compute(blocks);
    runner_.get("y", y.values());
}

void TiledRun::compute(int64_t blocks) {
    runner_.compute(run_);
    run_.blocks_before += blocks;
}

void TiledRun::note(int64_t scratch) {
    peak_ = std::max(peak_, memory_.held + scratch);
}

}  // namespace chroma::autoencoder
