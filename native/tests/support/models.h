// The tiny random networks of tests/golden/open, for native tests, with handles that free themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chroma.h"
#include "support/check.h"

namespace chroma::test {

// Frees a handle by its function.
template <auto Free>
struct Freeing {
    template <typename T>
    void operator()(T* handle) const {
        Free(handle);
    }
};

using Engine = std::unique_ptr<chroma_engine, Freeing<chroma_engine_free>>;
using Weights = std::unique_ptr<chroma_weights, Freeing<chroma_weights_free>>;
using Transformer = std::unique_ptr<chroma_transformer, Freeing<chroma_transformer_free>>;
using TextEncoder = std::unique_ptr<chroma_text_encoder, Freeing<chroma_text_encoder_free>>;
using Autoencoder = std::unique_ptr<chroma_autoencoder, Freeing<chroma_autoencoder_free>>;
using StepCache = std::unique_ptr<chroma_step_cache, Freeing<chroma_step_cache_free>>;

inline std::string model_path(const std::string& name) {
    return std::string(CHROMA_TINY_MODELS) + "/" + name + ".safetensors";
}

inline Engine make_engine(int threads = 1, chroma_log_callback log = nullptr, void* user_data = nullptr) {
    chroma_engine_options options{.struct_size = sizeof(options), .threads = threads, .device = "cpu"};
    options.log = log;
    options.user_data = user_data;
    chroma_engine* engine = nullptr;
    CHECK_OK(chroma_engine_create(&options, &engine));
    return Engine(engine);
}

inline chroma_load_options load_options(chroma_type type = CHROMA_TYPE_STORED) {
    chroma_load_options options{.struct_size = sizeof(options), .type = type};
    options.rope_axes[0] = 8;  // the file does not say them
    options.rope_axes[1] = 12;
    options.rope_axes[2] = 12;
    return options;
}

inline Transformer load_transformer(const Engine& engine, const std::string& path = model_path("chroma"),
                                    chroma_type type = CHROMA_TYPE_STORED) {
    const chroma_load_options options = load_options(type);
    chroma_transformer* transformer = nullptr;
    CHECK_OK(chroma_transformer_load(engine.get(), path.c_str(), &options, &transformer));
    return Transformer(transformer);
}

inline TextEncoder load_text_encoder(const Engine& engine, const std::string& path = model_path("t5")) {
    chroma_text_encoder* encoder = nullptr;
    CHECK_OK(chroma_text_encoder_load(engine.get(), path.c_str(), nullptr, &encoder));
    return TextEncoder(encoder);
}

inline Autoencoder load_autoencoder(const Engine& engine, const std::string& path = model_path("ae")) {
    chroma_autoencoder* autoencoder = nullptr;
    CHECK_OK(chroma_autoencoder_load(engine.get(), path.c_str(), nullptr, &autoencoder));
    return Autoencoder(autoencoder);
}

// A call of the transformer, of one sample: a latent of 4 x 4 and 3 tokens of 40 channels.
struct TransformerCall {
    std::vector<float> latent = std::vector<float>(16 * 4 * 4, 0.1F);
    std::vector<float> context = std::vector<float>(3 * 40, 0.2F);
    std::vector<float> velocity = std::vector<float>(16 * 4 * 4);
    float timestep = 0.5F;
    chroma_step_cache* cache = nullptr;

    chroma_status run(const Transformer& transformer, const chroma_run_options* options = nullptr) {
        chroma_transformer_inputs inputs{.struct_size = sizeof(inputs), .batch = 1, .height = 4, .width = 4};
        inputs.text_tokens = 3;
        inputs.latent = latent.data();
        inputs.timestep = &timestep;
        inputs.context = context.data();
        inputs.cache = cache;
        return chroma_transformer_forward(transformer.get(), &inputs, options, velocity.data());
    }
};

// A call of the text encoder, of one sample of 6 tokens.
struct TextCall {
    std::vector<int32_t> ids = {3, 60, 17, 42, 8, 1};
    std::vector<float> states = std::vector<float>(6 * 40);

    chroma_status run(const TextEncoder& encoder, const chroma_run_options* options = nullptr) {
        chroma_text_inputs inputs{.struct_size = sizeof(inputs), .batch = 1, .tokens = 6};
        inputs.input_ids = ids.data();
        return chroma_text_encoder_forward(encoder.get(), &inputs, options, states.data());
    }
};

// Decodes a latent of 4 x 4.
struct DecoderCall {
    std::vector<float> latent = std::vector<float>(16 * 4 * 4, 0.3F);
    std::vector<float> image = std::vector<float>(3 * 32 * 32);
    int32_t tile = 0;

    chroma_status run(const Autoencoder& autoencoder, const chroma_run_options* options = nullptr) {
        chroma_autoencoder_inputs inputs{.struct_size = sizeof(inputs), .batch = 1, .height = 4, .width = 4};
        inputs.tile = tile;
        inputs.values = latent.data();
        return chroma_autoencoder_decode(autoencoder.get(), &inputs, options, image.data());
    }
};

}  // namespace chroma::test
