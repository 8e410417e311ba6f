// Handles that are made, used, misused and freed, in every order that chroma.h allows: for LeakSanitizer, which has
// nothing to say in a process of .NET's.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support/models.h"

using namespace chroma::test;

namespace {

int32_t abort_now(void* /*user_data*/) {
    return 1;
}

int32_t show(const chroma_tensor* tensor, void* user_data) {
    *static_cast<int*>(user_data) += tensor->rank;
    return 0;
}

int32_t refuse(const chroma_tensor* /*tensor*/, void* /*user_data*/) {
    return 1;
}

void models_outlive_their_engine_and_their_weights() {
    Engine engine = make_engine();
    chroma_weights* opened = nullptr;
    CHECK_OK(chroma_weights_open(model_path("chroma").c_str(), &opened));
    Weights weights(opened);
    const chroma_load_options options = load_options();
    chroma_transformer* loaded = nullptr;
    CHECK_OK(chroma_transformer_load_weights(engine.get(), weights.get(), &options, &loaded));
    const Transformer transformer(loaded);
    weights.reset();
    engine.reset();
    CHECK_OK(TransformerCall().run(transformer));
    CHECK_OK(chroma_transformer_trim(transformer.get()));
    CHECK_OK(TransformerCall().run(transformer));
}

void every_model_runs_in_every_way() {
    const Engine engine = make_engine(2);
    int seen = 0;
    const char* patterns[] = {"*"};
    chroma_profile profile{.struct_size = sizeof(profile)};
    chroma_run_options run{.struct_size = sizeof(run)};
    run.tap = show;
    run.tap_patterns = patterns;
    run.tap_pattern_count = 1;
    run.user_data = &seen;
    run.profile = &profile;
    CHECK_OK(TextCall().run(load_text_encoder(engine), &run));
    CHECK_OK(TransformerCall().run(load_transformer(engine), &run));
    CHECK_OK(TransformerCall().run(load_transformer(engine, model_path("chroma"), CHROMA_TYPE_Q8_0), &run));
    const Autoencoder autoencoder = load_autoencoder(engine);
    CHECK_OK(DecoderCall().run(autoencoder, &run));
    DecoderCall tiled;
    tiled.tile = 2;
    CHECK_OK(tiled.run(autoencoder));
    CHECK(seen > 0);

    chroma_step_cache_options options{.struct_size = sizeof(options), .threshold = 1e9F};
    chroma_step_cache* made = nullptr;
    CHECK_OK(chroma_step_cache_create(&options, &made));
    const StepCache cache(made);
    const Transformer transformer = load_transformer(engine);
    TransformerCall call;
    call.cache = cache.get();
    for (int step = 0; step < 3; ++step) {
        CHECK_OK(call.run(transformer));
    }
}

void calls_that_are_stopped_leave_nothing() {
    const Engine engine = make_engine(2);
    chroma_run_options stopped{.struct_size = sizeof(stopped)};
    stopped.abort = abort_now;
    const char* patterns[] = {"*"};
    chroma_run_options refused{.struct_size = sizeof(refused)};
    refused.tap = refuse;
    refused.tap_patterns = patterns;
    refused.tap_pattern_count = 1;
    for (const chroma_run_options* run : {&stopped, &refused}) {
        CHECK_FAILS(CHROMA_ERROR_ABORTED, TextCall().run(load_text_encoder(engine), run));
        CHECK_FAILS(CHROMA_ERROR_ABORTED, TransformerCall().run(load_transformer(engine), run));
        CHECK_FAILS(CHROMA_ERROR_ABORTED, DecoderCall().run(load_autoencoder(engine), run));
    }
    chroma_load_options load = load_options(CHROMA_TYPE_Q8_0);
    load.abort = abort_now;
    chroma_transformer* transformer = nullptr;
    CHECK_FAILS(CHROMA_ERROR_ABORTED,
                chroma_transformer_load(engine.get(), model_path("chroma").c_str(), &load, &transformer));
    CHECK(transformer == nullptr);
}

void calls_that_fail_leave_nothing() {
    const Engine engine = make_engine();
    const chroma_load_options options = load_options();
    chroma_transformer* transformer = nullptr;
    CHECK_FAILS(CHROMA_ERROR_IO, chroma_transformer_load(engine.get(), "no such file", &options, &transformer));
    CHECK_FAILS(CHROMA_ERROR_WRONG_MODEL,
                chroma_transformer_load(engine.get(), model_path("t5").c_str(), &options, &transformer));
    chroma_autoencoder* autoencoder = nullptr;
    CHECK_FAILS(CHROMA_ERROR_WRONG_MODEL,
                chroma_autoencoder_load(engine.get(), model_path("chroma").c_str(), nullptr, &autoencoder));

    TransformerCall call;
    call.timestep = 2;
    CHECK_FAILS(CHROMA_ERROR_INVALID_ARGUMENT, call.run(load_transformer(engine)));
    TextCall text;
    text.ids[0] = 1 << 20;
    CHECK_FAILS(CHROMA_ERROR_INVALID_ARGUMENT, text.run(load_text_encoder(engine)));

    chroma_engine_options nowhere{.struct_size = sizeof(nowhere), .device = "nowhere"};
    chroma_engine* none = nullptr;
    CHECK_FAILS(CHROMA_ERROR_INVALID_ARGUMENT, chroma_engine_create(&nowhere, &none));
    chroma_weights* weights = nullptr;
    chroma_random_tensor tensor{.name = "a", .type = CHROMA_TYPE_F64, .rank = 1, .shape = {32}, .deviation = 1};
    CHECK_FAILS(CHROMA_ERROR_INVALID_ARGUMENT, chroma_weights_create_random(&tensor, 1, 1, &weights));
}

// Each prefix of a file is refused with everything given back that was taken until then.
void damaged_files_leave_nothing() {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("chroma-lifetimes-" + std::to_string(::getpid()));
    std::ifstream whole(model_path("t5"), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(whole), {}};
    for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 50) {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
        chroma_weights* weights = nullptr;
        CHECK_FAILS(CHROMA_ERROR_FORMAT, chroma_weights_open(path.c_str(), &weights));
    }
    std::filesystem::remove(path);
}

void files_are_quantised_and_read() {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("chroma-lifetimes-" + std::to_string(::getpid()) + ".gguf");
    chroma_quantize_options options{.struct_size = sizeof(options), .type = CHROMA_TYPE_Q8_0};
    CHECK_OK(chroma_weights_quantize(model_path("chroma").c_str(), path.c_str(), &options));
    CHECK_OK(TransformerCall().run(load_transformer(make_engine(), path.string())));
    options.abort = abort_now;
    CHECK_FAILS(CHROMA_ERROR_ABORTED, chroma_weights_quantize(model_path("chroma").c_str(), path.c_str(), &options));
    std::filesystem::remove(path);
}

}  // namespace

int main() {
    models_outlive_their_engine_and_their_weights();
    every_model_runs_in_every_way();
    calls_that_are_stopped_leave_nothing();
    calls_that_fail_leave_nothing();
    damaged_files_leave_nothing();
    files_are_quantised_and_read();
}
