// What chroma.h promises of threads, all at once: for ThreadSanitizer.
#include <atomic>
#include <functional>
#include <thread>

#include "support/models.h"

using namespace chroma::test;

namespace {

constexpr int kRounds = 6;

// What callbacks of all threads write to.
struct Listener {
    std::atomic<int> lines = 0;
    std::atomic<int> calls = 0;
    std::atomic<bool> stop = false;
};

void hear(chroma_log_level /*level*/, const char* line, void* user_data) {
    static_cast<Listener*>(user_data)->lines += *line != '\0' ? 1 : 0;
}

int32_t asked(void* user_data) {
    return static_cast<Listener*>(user_data)->stop ? 1 : 0;
}

void report(int64_t /*done*/, int64_t /*total*/, void* user_data) {
    ++static_cast<Listener*>(user_data)->calls;
}

int32_t show(const chroma_tensor* tensor, void* user_data) {
    static_cast<Listener*>(user_data)->calls += tensor->data[0] == 0.0F ? 1 : 2;
    return 0;
}

const char* const kPatterns[] = {"*"};

chroma_run_options listening(Listener& listener, bool taps) {
    chroma_run_options run{.struct_size = sizeof(run), .threads = 2};
    run.progress = report;
    run.abort = asked;
    run.user_data = &listener;
    if (taps) {
        run.tap = show;
        run.tap_patterns = kPatterns;
        run.tap_pattern_count = 1;
    }
    return run;
}

void check_ended(chroma_status status) {
    CHECK(status == CHROMA_OK || status == CHROMA_ERROR_ABORTED);
}

// Threads share three models and stop each other's calls.
void shared_models() {
    Listener listener;
    const Engine engine = make_engine(2, hear, &listener);
    const Transformer transformer = load_transformer(engine);
    const TextEncoder encoder = load_text_encoder(engine);
    const Autoencoder autoencoder = load_autoencoder(engine);
    const auto use = [&](bool taps) {
        const chroma_run_options run = listening(listener, taps);
        for (int round = 0; round < kRounds; ++round) {
            check_ended(TransformerCall().run(transformer, &run));
            check_ended(TextCall().run(encoder, &run));
            check_ended(DecoderCall().run(autoencoder, &run));
            chroma_memory memory{.struct_size = sizeof(memory)};
            CHECK_OK(chroma_transformer_get_memory(transformer.get(), &memory));
            CHECK_OK(chroma_text_encoder_trim(encoder.get()));
        }
    };
    std::atomic<bool> ended = false;
    std::jthread stopper([&] {
        while (!ended) {
            listener.stop = !listener.stop;
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
        listener.stop = false;
    });
    {
        std::jthread first(use, true);
        std::jthread second(use, false);
        std::jthread third(use, false);
    }
    ended = true;
    stopper.join();
    // Every call above may have been stopped before its first tap.
    const chroma_run_options run = listening(listener, true);
    CHECK_OK(TransformerCall().run(transformer, &run));
    CHECK(listener.calls > 0);
}

// Each thread makes all that it uses, and frees it.
void own_models() {
    Listener listener;
    const auto use = [&] {
        for (int round = 0; round < kRounds; ++round) {
            Engine engine = make_engine(2, hear, &listener);
            const Transformer transformer = load_transformer(engine, model_path("chroma"), CHROMA_TYPE_Q8_0);
            engine.reset();
            CHECK_OK(TransformerCall().run(transformer));
            chroma_transformer* none = nullptr;
            CHECK_FAILS(CHROMA_ERROR_INVALID_ARGUMENT, chroma_transformer_load(nullptr, "x", nullptr, &none));
            CHECK_SAYS("engine");  // this thread's own failure
        }
    };
    {
        std::jthread first(use);
        std::jthread second(use);
        std::jthread third(use);
    }
    CHECK(listener.lines > 0);
}

// Threads read one open checkpoint and load models from it.
void shared_weights() {
    const Engine engine = make_engine(2);
    chroma_weights* opened = nullptr;
    CHECK_OK(chroma_weights_open(model_path("chroma").c_str(), &opened));
    const Weights weights(opened);
    const auto use = [&] {
        for (int round = 0; round < kRounds; ++round) {
            chroma_weights_tensor tensor{.struct_size = sizeof(tensor)};
            int64_t index = 0;
            CHECK_OK(chroma_weights_find_tensor(weights.get(), "img_in.weight", &index));
            CHECK_OK(chroma_weights_get_tensor(weights.get(), index, &tensor));
            std::vector<float> values(static_cast<size_t>(tensor.shape[0] * tensor.shape[1]));
            CHECK_OK(chroma_weights_read(weights.get(), index, values.data(), static_cast<int64_t>(values.size())));
            CHECK_OK(chroma_weights_check(weights.get()));
            const chroma_load_options options = load_options(round % 2 == 0 ? CHROMA_TYPE_STORED : CHROMA_TYPE_BF16);
            chroma_transformer* loaded = nullptr;
            CHECK_OK(chroma_transformer_load_weights(engine.get(), weights.get(), &options, &loaded));
            CHECK_OK(TransformerCall().run(Transformer(loaded)));
        }
    };
    std::jthread first(use);
    std::jthread second(use);
}

}  // namespace

int main() {
    shared_models();
    own_models();
    shared_weights();
}
