// chroma_autoencoder_*
#include <cmath>
#include <vector>

#include "api/model_handle.h"
#include "autoencoder/autoencoder_model.h"

using chroma::fail;
using chroma::RunContext;
using chroma::api::compute_with;
using chroma::api::guard;
using chroma::api::load;
using chroma::api::read_struct;
using chroma::api::require;
using chroma::api::write_struct;
using chroma::autoencoder::AutoencoderModel;
using chroma::autoencoder::Request;

struct chroma_autoencoder {
    static constexpr chroma_architecture kArchitecture = CHROMA_ARCHITECTURE_AUTOENCODER;

    chroma_autoencoder(const std::shared_ptr<chroma::Engine>& engine,
                       std::shared_ptr<const chroma::Checkpoint> checkpoint, const chroma_load_options& options)
        : model(engine, std::move(checkpoint), chroma::api::weight_options(options)), memory(model.weights()) {}

    std::mutex mutex;
    AutoencoderModel model;
    chroma::api::MemoryCount memory;
};

namespace {

// Limits of one call. ggml counts some offsets within a picture in 32 bits.
constexpr int64_t kMaxBatch = 256;
constexpr int64_t kMaxImageSide = 16384;

void check_range(const char* name, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, "' is ", value, ", but must be ", least, " to ", most, ".");
    }
}

void check_side(const char* name, int64_t value, bool decode, int64_t downscale) {
    check_range(name, value, decode ? 1 : downscale, decode ? kMaxImageSide / downscale : kMaxImageSide);
    if (!decode && value % downscale != 0) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, "' is ", value, ", but an image's sides must be multiples of ",
             downscale, ".");
    }
}

// Checks the sizes; `values` are left out.
Request read_sizes(const chroma_autoencoder_inputs& inputs, const AutoencoderModel& model, bool decode) {
    model.require_half(decode);
    check_range("batch", inputs.batch, 1, kMaxBatch);
    check_side("height", inputs.height, decode, model.downscale());
    check_side("width", inputs.width, decode, model.downscale());
    if (inputs.tile < -1) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'tile' is ", inputs.tile,
             ", but must be a number of latent pixels, 0 (chosen) or -1 (never).");
    }
    check_range("overlap", inputs.overlap, 0, kMaxImageSide);
    return {inputs.batch, inputs.height, inputs.width, inputs.tile, {}};
}

// One channel after another: a number that isn't finite would spread over the whole picture.
void check_finite(std::span<const float> values, const Request& request, int64_t channels) {
    for (size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            const auto at = static_cast<int64_t>(i);
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'values' has ", values[i], " at [",
                 at / (request.width * request.height * channels), ", ",
                 at / (request.width * request.height) % channels, ", ", at / request.width % request.height, ", ",
                 at % request.width, "], but must be finite.");
        }
    }
}

std::vector<float> read_values(const chroma_autoencoder_inputs& inputs, const Request& request, int64_t channels) {
    const float* values = require(inputs.values, "values");
    const auto count = static_cast<size_t>(request.batch * channels * request.height * request.width);
    check_finite({values, count}, request, channels);
    return {values, values + count};
}

}  // namespace

extern "C" {

chroma_status chroma_autoencoder_load(chroma_engine* engine, const char* path, const chroma_load_options* options,
                                      chroma_autoencoder** autoencoder) {
    return load(engine, path, options, autoencoder, "autoencoder");
}

chroma_status chroma_autoencoder_load_weights(chroma_engine* engine, const chroma_weights* weights,
                                              const chroma_load_options* options, chroma_autoencoder** autoencoder) {
    return load(engine, weights, options, autoencoder, "autoencoder");
}

void chroma_autoencoder_free(chroma_autoencoder* autoencoder) {
    std::unique_ptr<chroma_autoencoder>{autoencoder}.reset();
}

chroma_status chroma_autoencoder_get_info(const chroma_autoencoder* autoencoder, chroma_autoencoder_info* info) {
    return guard([&] {
        const AutoencoderModel& model = require(autoencoder, "autoencoder")->model;
        chroma_autoencoder_info found{};
        found.latent_channels = static_cast<int32_t>(model.latent_channels());
        found.downscale = static_cast<int32_t>(model.downscale());
        found.has_encoder = model.has_encoder() ? 1 : 0;
        found.has_decoder = model.has_decoder() ? 1 : 0;
        found.scale_factor = model.scale_factor();
        found.shift_factor = model.shift_factor();
        found.parameter_count = model.weights().parameter_count();
        write_struct(info, found, "info");
    });
}

chroma_status chroma_autoencoder_get_memory(chroma_autoencoder* autoencoder, chroma_memory* memory) {
    return guard([&] {
        const std::lock_guard lock(require(autoencoder, "autoencoder")->mutex);
        write_struct(memory, autoencoder->memory.describe(autoencoder->model.held_bytes()), "memory");
    });
}

chroma_status chroma_autoencoder_plan(chroma_autoencoder* autoencoder, const chroma_autoencoder_inputs* inputs,
                                      int32_t decode, chroma_memory* memory) {
    return guard([&] {
        const std::lock_guard lock(require(autoencoder, "autoencoder")->mutex);
        AutoencoderModel& model = autoencoder->model;
        const Request request = read_sizes(read_struct(require(inputs, "inputs"), "inputs"), model, decode != 0);
        write_struct(memory, autoencoder->memory.describe(model.plan(request, decode != 0)), "memory");
    });
}

chroma_status chroma_autoencoder_trim(chroma_autoencoder* autoencoder) {
    return guard([&] {
        const std::lock_guard lock(require(autoencoder, "autoencoder")->mutex);
        autoencoder->model.trim();
    });
}

chroma_status chroma_autoencoder_decode(chroma_autoencoder* autoencoder, const chroma_autoencoder_inputs* inputs,
                                        const chroma_run_options* run, float* image) {
    return guard([&] {
        const std::lock_guard lock(require(autoencoder, "autoencoder")->mutex);
        AutoencoderModel& model = autoencoder->model;
        const chroma_autoencoder_inputs given = read_struct(require(inputs, "inputs"), "inputs");
        Request request = read_sizes(given, model, true);
        std::vector<float> latent = read_values(given, request, model.latent_channels());
        request.values = latent;
        const int64_t area = request.height * request.width * model.downscale() * model.downscale();
        const auto count = static_cast<size_t>(request.batch * 3 * area);
        const std::span<float> results(require(image, "image"), count);
        const RunContext context(run);
        compute_with(model.weights(), [&] { model.decode(request, context, results); });
        autoencoder->memory.note(model.peak_bytes());
    });
}

chroma_status chroma_autoencoder_encode(chroma_autoencoder* autoencoder, const chroma_autoencoder_inputs* inputs,
                                        const chroma_run_options* run, float* mean, float* logvar) {
    return guard([&] {
        const std::lock_guard lock(require(autoencoder, "autoencoder")->mutex);
        AutoencoderModel& model = autoencoder->model;
        const chroma_autoencoder_inputs given = read_struct(require(inputs, "inputs"), "inputs");
        Request request = read_sizes(given, model, false);
        std::vector<float> image = read_values(given, request, 3);
        request.values = image;
        const int64_t area = request.height * request.width / (model.downscale() * model.downscale());
        const auto half = static_cast<size_t>(model.latent_channels() * area);
        std::vector<float> moments(static_cast<size_t>(request.batch) * 2 * half);
        const RunContext context(run);
        compute_with(model.weights(), [&] { model.encode(request, context, moments); });
        autoencoder->memory.note(model.peak_bytes());
        for (size_t sample = 0; sample < static_cast<size_t>(request.batch); ++sample) {
            const float* both = moments.data() + sample * 2 * half;
            if (mean != nullptr) {
                std::copy_n(both, half, mean + sample * half);
            }
            if (logvar != nullptr) {
                std::copy_n(both + half, half, logvar + sample * half);
            }
        }
    });
}

}  // extern "C"
