#include "autoencoder/autoencoder_model.h"

#include <algorithm>
#include <cmath>

#include "autoencoder/pictures.h"
#include "common/error.h"
#include "nn/attention.h"
#include "weights/finite_results.h"

namespace chroma::autoencoder {

namespace {

// Scratch memory from which on pictures are computed in tiles, and the tiles' side in latent pixels.
constexpr int64_t kMostScratch = 3LL << 30;
constexpr int64_t kTile = 32;

float factor(const WeightLoader& loader, std::initializer_list<const char*> keys, float otherwise) {
    for (const char* key : keys) {
        if (const auto value = loader.metadata_number(key); value && std::isfinite(*value)) {
            return static_cast<float>(*value);
        }
    }
    return otherwise;
}

}  // namespace

// What differs between decoding and encoding.
class AutoencoderModel::Way {
  public:
    static Way decoding(const Decoder& decoder) { return {&decoder, nullptr}; }
    static Way encoding(const Encoder& encoder) { return {nullptr, &encoder}; }

    [[nodiscard]] bool decodes() const { return decoder_ != nullptr; }
    [[nodiscard]] std::string name() const { return decodes() ? "decode" : "encode"; }
    [[nodiscard]] int64_t factor() const { return decodes() ? decoder_->upscale() : encoder_->downscale(); }
    [[nodiscard]] int64_t block_count() const { return decodes() ? decoder_->block_count() : encoder_->block_count(); }
    [[nodiscard]] int64_t in_channels() const { return decodes() ? decoder_->latent_channels() : 3; }
    [[nodiscard]] int64_t out_channels() const { return decodes() ? 3 : encoder_->out.channels; }
    [[nodiscard]] int64_t resized(int64_t length) const { return decodes() ? length * factor() : length / factor(); }
    [[nodiscard]] int64_t latent(int64_t length) const { return decodes() ? length : length / factor(); }

    // listens: somebody wants to see the layers' outputs.
    [[nodiscard]] ggml_tensor* forward(Graph& graph, ggml_tensor* x, [[maybe_unused]] bool listens) const {
#ifdef CHROMA_HAS_ONEDNN
        if (graph.fuses() && !listens) {
            return decodes() ? decode_picture(graph, *decoder_, x) : encode_picture(graph, *encoder_, x);
        }
#endif
        return decodes() ? decoder_->forward(graph, x) : encoder_->forward(graph, x);
    }

    void forward_tiled(TiledRun& run, int64_t tile, const Plane& x, Plane& y) const {
        if (decodes()) {
            decode_tiled(*decoder_, run, tile, x, y);
        } else {
            encode_tiled(*encoder_, run, tile, x, y);
        }
    }

    [[nodiscard]] ChromaRunner::Build graph(int64_t samples, int64_t height, int64_t width, bool listens) const {
        return [this, samples, height, width, listens](Graph& graph) {
            ggml_tensor* x = graph.input("x", GGML_TYPE_F32, {width, height, in_channels(), samples});
            graph.output("y", forward(graph, x, listens));
        };
    }

    // Elements of one sample's input and output.
    [[nodiscard]] size_t in_count(const Request& r) const {
        return static_cast<size_t>(in_channels() * r.height * r.width);
    }
    [[nodiscard]] size_t out_count(const Request& r) const {
        return static_cast<size_t>(out_channels() * resized(r.height) * resized(r.width));
    }

  private:
    Way(const Decoder* decoder, const Encoder* encoder) : decoder_(decoder), encoder_(encoder) {}

    const Decoder* decoder_;
    const Encoder* encoder_;
};

AutoencoderModel::AutoencoderModel(std::shared_ptr<Engine> engine, std::shared_ptr<const Checkpoint> checkpoint,
                                   const WeightOptions& options)
    : engine_(std::move(engine)) {
    WeightLoader loader(std::move(checkpoint), CHROMA_ARCHITECTURE_AUTOENCODER, engine_, options);
    declare(loader);
    scale_factor_ = factor(loader, {"scaling_factor", "scale_factor"}, 0.3611F);
    shift_factor_ = factor(loader, {"shift_factor"}, 0.1159F);
    weights_ = loader.load();
}

void AutoencoderModel::check(std::shared_ptr<const Checkpoint> checkpoint) {
    WeightLoader loader(std::move(checkpoint), CHROMA_ARCHITECTURE_AUTOENCODER, nullptr, {});
    AutoencoderModel().declare(loader);
    loader.check_all_declared();
}

void AutoencoderModel::declare(WeightLoader& loader) {
    if (loader.has_any("encoder.", Component::Autoencoder)) {
        encoder_ = std::make_unique<Encoder>(loader);
    }
    if (loader.has_any("decoder.", Component::Autoencoder)) {
        decoder_ = std::make_unique<Decoder>(loader);
    }
    if (encoder_ == nullptr && decoder_ == nullptr) {
        fail(CHROMA_ERROR_MISSING_TENSOR, "'", loader.checkpoint().path(),
             "' has neither 'encoder.conv_in.weight' nor 'decoder.conv_in.weight'.");
    }
    if (encoder_ != nullptr && decoder_ != nullptr &&
        (encoder_->downscale() != decoder_->upscale() || encoder_->latent_channels() != decoder_->latent_channels())) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "The encoder of '", loader.checkpoint().path(), "' makes latents with ",
             encoder_->latent_channels(), " channels at 1/", encoder_->downscale(),
             " of the size, but its decoder takes ", decoder_->latent_channels(), " channels at 1/",
             decoder_->upscale(), ".");
    }
}

int64_t AutoencoderModel::latent_channels() const {
    return decoder_ != nullptr ? decoder_->latent_channels() : encoder_->latent_channels();
}

int64_t AutoencoderModel::downscale() const {
    return decoder_ != nullptr ? decoder_->upscale() : encoder_->downscale();
}

void AutoencoderModel::require_half(bool decode) const {
    if (decode ? !has_decoder() : !has_encoder()) {
        const char* half = decode ? "decoder" : "encoder";
        fail(CHROMA_ERROR_MISSING_TENSOR, "The autoencoder's file has no ", half, ": '", half,
             ".conv_in.weight' is missing.");
    }
}

void AutoencoderModel::decode(const Request& request, const RunContext& run, std::span<float> image) {
    require_half(true);
    this->run(Way::decoding(*decoder_), request, run, image);
}

void AutoencoderModel::encode(const Request& request, const RunContext& run, std::span<float> moments) {
    require_half(false);
    this->run(Way::encoding(*encoder_), request, run, moments);
}

int64_t AutoencoderModel::plan(const Request& request, bool decode) {
    require_half(decode);
    const Way way = decode ? Way::decoding(*decoder_) : Way::encoding(*encoder_);
    const std::optional<int64_t> tile = choose_tile(way, request, false);
    return tile ? plan_tiled(way, request, *tile).peak_bytes() : plan_whole(way, request);
}

void AutoencoderModel::run(const Way& way, const Request& request, const RunContext& run, std::span<float> results) {
    peak_ = 0;
    if (const std::optional<int64_t> tile = choose_tile(way, request, run.taps.listens())) {
        run_tiled(way, request, *tile, run, results);
    } else {
        run_whole(way, request, run, results);
    }
    require_finite_results(results, way.decodes() ? "the autoencoder's decoder" : "the autoencoder's encoder",
                           *weights_);
}

void AutoencoderModel::run_whole(const Way& way, const Request& request, const RunContext& run,
                                 std::span<float> results) {
    // One picture after the other, which needs less memory; taps show them all at once.
    const bool listens = run.taps.listens();
    const int64_t together = listens ? request.batch : 1;
    ChromaRunner& runner = this->runner(way, together, way.latent(request.height) * way.latent(request.width));
    runner.prepare(text(way.name(), listens ? " shown " : " ", together, "x", request.height, "x", request.width),
                   way.graph(together, request.height, request.width, listens));
    peak_ = std::max(peak_, runner.held_bytes());

    const size_t in_count = way.in_count(request) * static_cast<size_t>(together);
    const size_t out_count = way.out_count(request) * static_cast<size_t>(together);
    RunContext context = run;
    context.blocks_total = way.block_count() * (request.batch / together);
    for (int64_t first = 0; first < request.batch; first += together) {
        const auto index = static_cast<size_t>(first / together);
        runner.set("x", request.values.subspan(index * in_count, in_count));
        runner.compute(context);
        runner.get("y", results.subspan(index * out_count, out_count));
        context.blocks_before += way.block_count();
    }
}

void AutoencoderModel::run_tiled(const Way& way, const Request& request, int64_t tile, const RunContext& run,
                                 std::span<float> results) {
    const int64_t blocks = plan_tiled(way, request, tile).blocks();
    ChromaRunner& runner = this->runner(way, 1, way.latent(request.height) * way.latent(request.width));
    const size_t in_count = way.in_count(request);
    const size_t out_count = way.out_count(request);
    RunContext context = run;
    context.blocks_total = blocks * request.batch;
    for (int64_t sample = 0; sample < request.batch; ++sample) {
        const auto index = static_cast<size_t>(sample);
        const Plane x(way.in_channels(), request.height, request.width,
                      request.values.subspan(index * in_count, in_count));
        Plane y(way.out_channels(), way.resized(request.height), way.resized(request.width),
                results.subspan(index * out_count, out_count));
        TiledRun tiled(runner, context, /*dry=*/false);
        way.forward_tiled(tiled, tile, x, y);
        context.blocks_before = tiled.blocks();
        peak_ = std::max(peak_, tiled.peak_bytes());
    }
}

std::optional<int64_t> AutoencoderModel::choose_tile(const Way& way, const Request& request, bool listens) {
    const int64_t longest = std::max(way.latent(request.height), way.latent(request.width));
    const int64_t tile = request.tile == 0 ? kTile : request.tile;
    if (tile < 0 || tile >= longest || way.factor() == 1) {
        return std::nullopt;
    }
    if (request.tile == 0) {
        // Whoever listens wants to see whole layers.
        return !listens && plan_whole(way, request) > kMostScratch ? std::optional(tile) : std::nullopt;
    }
    if (listens) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "Taps can't listen to a picture computed in tiles: 'tile' is ", tile,
             ", but its longer side is ", longest, " latent pixels. Set 'tile' to -1.");
    }
    return tile;
}

int64_t AutoencoderModel::plan_whole(const Way& way, const Request& request) {
    return runner(way, 1, way.latent(request.height) * way.latent(request.width))
        .plan(way.graph(1, request.height, request.width, /*listens=*/false));
}

TiledRun AutoencoderModel::plan_tiled(const Way& way, const Request& request, int64_t tile) {
    TiledRun tiled(runner(way, 1, way.latent(request.height) * way.latent(request.width)), RunContext(), /*dry=*/true);
    const Plane x(way.in_channels(), request.height, request.width, {});
    Plane y(way.out_channels(), way.resized(request.height), way.resized(request.width), {});
    way.forward_tiled(tiled, tile, x, y);
    return tiled;
}

ChromaRunner& AutoencoderModel::runner(const Way& way, int64_t samples, int64_t latent_pixels) {
    constexpr int64_t kRest = 512;
    constexpr int64_t kConvolutionsPerBlock = 4;
    const int64_t per_sample = way.block_count() * kConvolutionsPerBlock * nn::Conv2d::kMaxNodes +
                               nn::attention_nodes(latent_pixels, latent_pixels, 1);
    const auto nodes = static_cast<size_t>(kRest + samples * per_sample);
    if (runner_ == nullptr || nodes > runner_nodes_) {
        runner_ = std::make_unique<ChromaRunner>(engine_, nodes);
        runner_nodes_ = nodes;
    }
    return *runner_;
}

}  // namespace chroma::autoencoder
