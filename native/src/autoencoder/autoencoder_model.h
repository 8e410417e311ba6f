// A loaded autoencoder: weights, graphs and runner behind one call each way.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "autoencoder/decoder.h"
#include "autoencoder/encoder.h"
#include "autoencoder/tiled.h"
#include "graph/runner.h"

namespace chroma::autoencoder {

// One call: `values` are latents (decode) or images (encode), [batch, channels, height, width].
struct Request {
    int64_t batch = 1;
    int64_t height = 0;
    int64_t width = 0;
    int64_t tile = 0;  // latent pixels; 0: chosen, -1: never
    std::span<float> values;
};

class AutoencoderModel {
  public:
    AutoencoderModel(std::shared_ptr<Engine> engine, std::shared_ptr<const Checkpoint> checkpoint,
                     const WeightOptions& options);

    // Throws as loading would for a checkpoint that lacks something, without loading it. One half alone is whole.
    static void check(std::shared_ptr<const Checkpoint> checkpoint);

    [[nodiscard]] const Weights& weights() const { return *weights_; }
    [[nodiscard]] bool has_encoder() const { return encoder_ != nullptr; }
    [[nodiscard]] bool has_decoder() const { return decoder_ != nullptr; }
    [[nodiscard]] int64_t latent_channels() const;
    [[nodiscard]] int64_t downscale() const;
    [[nodiscard]] float scale_factor() const { return scale_factor_; }
    [[nodiscard]] float shift_factor() const { return shift_factor_; }

    // Throws MISSING_TENSOR if the file lacks that half.
    void require_half(bool decode) const;

    // image: [batch, 3, 8 * height, 8 * width]
    void decode(const Request& request, const RunContext& run, std::span<float> image);

    // moments: [batch, 2 * latent channels, height / 8, width / 8]
    void encode(const Request& request, const RunContext& run, std::span<float> moments);

    // Scratch bytes that decode or encode would take, those held now, and the most that were in use.
    [[nodiscard]] int64_t plan(const Request& request, bool decode);
    [[nodiscard]] int64_t held_bytes() const { return runner_ != nullptr ? runner_->held_bytes() : 0; }
    [[nodiscard]] int64_t peak_bytes() const { return peak_; }
    void trim() { runner_.reset(); }

  private:
    AutoencoderModel() = default;

    class Way;

    // Makes the halves that the file has, as yet without values.
    void declare(WeightLoader& loader);

    void run(const Way& way, const Request& request, const RunContext& run, std::span<float> results);
    void run_whole(const Way& way, const Request& request, const RunContext& run, std::span<float> results);
    void run_tiled(const Way& way, const Request& request, int64_t tile, const RunContext& run,
                   std::span<float> results);

    // The side of a tile in latent pixels, nothing if the picture is to be computed in one piece.
    [[nodiscard]] std::optional<int64_t> choose_tile(const Way& way, const Request& request, bool listens);
    [[nodiscard]] int64_t plan_whole(const Way& way, const Request& request);
    [[nodiscard]] TiledRun plan_tiled(const Way& way, const Request& request, int64_t tile);
    [[nodiscard]] ChromaRunner& runner(const Way& way, int64_t samples, int64_t latent_pixels);

    std::shared_ptr<Engine> engine_;
    std::unique_ptr<Encoder> encoder_;
    std::unique_ptr<Decoder> decoder_;
    std::unique_ptr<Weights> weights_;
    float scale_factor_ = 1;
    float shift_factor_ = 0;
    std::unique_ptr<ChromaRunner> runner_;
    size_t runner_nodes_ = 0;  // what runner_ has room for
    int64_t peak_ = 0;
};

}  // namespace chroma::autoencoder
