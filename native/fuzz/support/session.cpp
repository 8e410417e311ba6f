#include "support/session.h"

#include "support/exercise.h"
#include "support/tiny_models.h"

namespace fuzz {

namespace {

constexpr int kMostSteps = 48;

// NULL where a struct_size has cut user_data off.
int32_t stop_after(int64_t Listener::*left, void* user_data) {
    auto* listener = static_cast<Listener*>(user_data);
    return listener != nullptr && listener->*left >= 0 && (listener->*left)-- == 0 ? 1 : 0;
}

int32_t on_abort(void* user_data) {
    return stop_after(&Listener::answers_left, user_data);
}

void on_progress(int64_t done, int64_t total, void*) {
    if (done < 0 || total < done) {
        broken("progress callback", "not 0 <= done <= total");
    }
}

int32_t on_tap(const chroma_tensor* tensor, void* user_data) {
    size_t count = 1;
    if (tensor->name == nullptr || tensor->rank < 0 || tensor->rank > CHROMA_MAX_RANK) {
        broken("tap callback", "a tensor without a name, or of an impossible rank");
    }
    for (int32_t axis = 0; axis < tensor->rank; ++axis) {
        count *= static_cast<size_t>(tensor->shape[axis]);
    }
    volatile float sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum = sum + tensor->data[i];
    }
    return stop_after(&Listener::taps_left, user_data);
}

// A checkpoint of small random values in memory.
chroma_weights* random_weights(const TinyModel& model) {
    std::vector<chroma_random_tensor> tensors;
    for (const TinyTensor& tensor : model) {
        chroma_random_tensor random{};
        random.name = tensor.name.c_str();
        random.type = tensor.shape.size() > 1 ? CHROMA_TYPE_BF16 : CHROMA_TYPE_F32;
        random.rank = static_cast<int32_t>(tensor.shape.size());
        std::copy(tensor.shape.begin(), tensor.shape.end(), random.shape);
        random.deviation = 0.1F;
        tensors.push_back(random);
    }
    chroma_weights* weights = nullptr;
    if (!check_handle(chroma_weights_create_random(tensors.data(), static_cast<int64_t>(tensors.size()), 1, &weights),
                      weights, "chroma_weights_create_random")) {
        broken("chroma_weights_create_random", "no weights of a tiny model");
    }
    return weights;
}

}  // namespace

Session::Session(const uint8_t* data, size_t size, const Scratch& scratch) : any_(data, size), scratch_(scratch) {}

Session::~Session() {
    free_all();
}

const std::vector<Session::Step>& Session::steps() {
    static const std::vector<Step> all = {
        &Session::ask_library,
        &Session::create_engine,
        &Session::free_engine,
        &Session::describe_engine,
        &Session::open_weights,
        &Session::create_weights,
        &Session::ask_weights,
        &Session::free_weights,
        &Session::quantize,
        &Session::load_transformer,
        &Session::load_text_encoder,
        &Session::load_autoencoder,
        &Session::free_model,
        &Session::ask_model,
        &Session::forward_transformer,
        &Session::forward_transformer,
        &Session::forward_text_encoder,
        &Session::forward_text_encoder,
        &Session::decode,
        &Session::encode,
        &Session::plan,
        &Session::step_cache,
        &Session::padding_mask,
        &Session::run_function,
        &Session::run_function,
        &Session::run_function,
        &Session::run_module,
        &Session::run_module,
    };
    return all;
}

void Session::run() {
    for (int i = 0; i < kMostSteps && !any_.ended(); ++i) {
        const Step step = steps()[static_cast<size_t>(any_.below(static_cast<int>(steps().size())))];
        (this->*step)();
    }
}

chroma_engine* Session::engine() {
    if (any_.one_in(30)) {
        return nullptr;
    }
    return engines_.empty() || any_.one_in(2) ? fuzz::engine(any_.one_in(3) ? CHROMA_KERNELS_GGML : CHROMA_KERNELS_AUTO)
                                              : engines_.back();
}

chroma_weights* Session::weights() {
    static const std::array<chroma_weights*, 3> kModels = {
        random_weights(tiny_transformer()), random_weights(tiny_t5()), random_weights(tiny_autoencoder())};
    if (any_.one_in(30)) {
        return nullptr;
    }
    return weights_.empty() || any_.one_in(2) ? any_.pick(kModels) : weights_.back();
}

chroma_transformer* Session::transformer() {
    if (transformer_ == nullptr) {
        load_transformer();
    }
    return any_.maybe(transformer_);
}

chroma_text_encoder* Session::text_encoder() {
    if (text_encoder_ == nullptr) {
        load_text_encoder();
    }
    return any_.maybe(text_encoder_);
}

chroma_autoencoder* Session::autoencoder() {
    if (autoencoder_ == nullptr) {
        load_autoencoder();
    }
    return any_.maybe(autoencoder_);
}

chroma_load_options Session::load_options() {
    chroma_load_options options{};
    options.struct_size = any_.struct_size(sizeof(options));
    if (any_.one_in(3)) {
        any_.set_type(options.type);
    }
    options.convert_approximator = any_.one_in(4) ? any_.number() : 0;
    for (size_t i = 0; i < std::size(options.rope_axes); ++i) {
        options.rope_axes[i] = any_.one_in(20) ? any_.number() : kTinyRopeAxes[i];
    }
    listener_.answers_left = any_.one_in(6) ? any_.below(40) : -1;
    options.progress = any_.one_in(2) ? on_progress : nullptr;
    options.abort = any_.one_in(4) ? nullptr : on_abort;
    options.user_data = &listener_;
    return options;
}

chroma_run_options Session::run_options() {
    static constexpr std::array<const char*, 9> kPatterns = {
        "*", "double_blocks.*", "", "?", "***a***", "final_layer", "encoder.block.?", "decoder.up.*", nullptr,
    };
    chroma_run_options options{};
    options.struct_size = any_.struct_size(sizeof(options));
    options.threads = any_.one_in(12) ? any_.number() : any_.below(3);
    listener_.answers_left = any_.one_in(4) ? any_.below(60) : -1;
    listener_.taps_left = any_.one_in(4) ? any_.below(60) : -1;
    options.progress = any_.one_in(2) ? on_progress : nullptr;
    options.abort = any_.one_in(3) ? nullptr : on_abort;
    options.tap = any_.one_in(3) ? nullptr : on_tap;
    patterns_.clear();
    for (int left = any_.below(4); left > 0; --left) {
        patterns_.push_back(any_.pick(kPatterns));
    }
    options.tap_patterns = patterns_.empty() ? nullptr : patterns_.data();
    options.tap_pattern_count = any_.one_in(30) ? -any_.below(9) : static_cast<int32_t>(patterns_.size());
    options.user_data = &listener_;
    profile_.struct_size = any_.struct_size(sizeof(profile_));
    options.profile = any_.one_in(4) ? &profile_ : nullptr;
    return options;
}

void Session::free_all() {
    chroma_transformer_free(transformer_);
    chroma_text_encoder_free(text_encoder_);
    chroma_autoencoder_free(autoencoder_);
    chroma_step_cache_free(cache_);
    for (chroma_weights* weights : weights_) {
        chroma_weights_free(weights);
    }
    for (chroma_engine* engine : engines_) {
        chroma_engine_free(engine);
    }
}

}  // namespace fuzz
