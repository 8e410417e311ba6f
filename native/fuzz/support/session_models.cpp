// The steps of a session about the three models.
#include <algorithm>

#include "support/session.h"

namespace fuzz {

namespace {

constexpr int32_t kMostSide = 16;  // of what is computed; larger sizes are planned only
constexpr int64_t kMostBuffer = 1 << 16;

// Sizes that a call computes, or refuses without looking at memory.
bool is_small(std::initializer_list<int32_t> lengths) {
    return std::all_of(lengths.begin(), lengths.end(), [](int32_t length) { return length <= kMostSide; });
}

// Elements of a buffer of these sizes; one, where a size is none.
size_t room(std::initializer_list<int32_t> lengths) {
    int64_t count = 1;
    for (const int32_t length : lengths) {
        count = length > 0 ? count * length : 0;
    }
    return static_cast<size_t>(std::clamp<int64_t>(count, 1, kMostBuffer));
}

std::vector<uint8_t> mask_of(Nonsense& any, size_t count) {
    std::vector<uint8_t> mask(count, 1);
    for (size_t i = 0; i < count && i < 40; ++i) {
        mask[i] = any.one_in(3) ? static_cast<uint8_t>(any.below(3)) : 1;
    }
    return mask;
}

}  // namespace

void Session::load_transformer() {
    chroma_transformer_free(transformer_);
    transformer_ = nullptr;
    const chroma_load_options options = load_options();
    if (any_.one_in(6)) {
        check_handle(chroma_transformer_load(engine(), sound_path(), any_.maybe(&options), &transformer_), transformer_,
                     "chroma_transformer_load");
        return;
    }
    check_handle(chroma_transformer_load_weights(engine(), weights(), any_.maybe(&options), &transformer_),
                 transformer_, "chroma_transformer_load_weights");
}

void Session::load_text_encoder() {
    chroma_text_encoder_free(text_encoder_);
    text_encoder_ = nullptr;
    const chroma_load_options options = load_options();
    if (any_.one_in(6)) {
        check_handle(chroma_text_encoder_load(engine(), sound_path(), any_.maybe(&options), &text_encoder_),
                     text_encoder_, "chroma_text_encoder_load");
        return;
    }
    check_handle(chroma_text_encoder_load_weights(engine(), weights(), any_.maybe(&options), &text_encoder_),
                 text_encoder_, "chroma_text_encoder_load_weights");
}

void Session::load_autoencoder() {
    chroma_autoencoder_free(autoencoder_);
    autoencoder_ = nullptr;
    const chroma_load_options options = load_options();
    if (any_.one_in(6)) {
        check_handle(chroma_autoencoder_load(engine(), sound_path(), any_.maybe(&options), &autoencoder_), autoencoder_,
                     "chroma_autoencoder_load");
        return;
    }
    check_handle(chroma_autoencoder_load_weights(engine(), weights(), any_.maybe(&options), &autoencoder_),
                 autoencoder_, "chroma_autoencoder_load_weights");
}

void Session::free_model() {
    switch (any_.below(3)) {
        case 0:
            chroma_transformer_free(transformer_);
            transformer_ = nullptr;
            break;
        case 1:
            chroma_text_encoder_free(text_encoder_);
            text_encoder_ = nullptr;
            break;
        default:
            chroma_autoencoder_free(autoencoder_);
            autoencoder_ = nullptr;
            break;
    }
}

void Session::ask_model() {
    auto memory = blank<chroma_memory>(any_.struct_size(sizeof(chroma_memory)));
    switch (any_.below(3)) {
        case 0: {
            auto info = blank<chroma_transformer_info>(any_.struct_size(sizeof(chroma_transformer_info)));
            check_info(chroma_transformer_get_info(transformer(), any_.maybe(&info)), info,
                       "chroma_transformer_get_info");
            check_info(chroma_transformer_get_memory(transformer(), any_.maybe(&memory)), memory,
                       "chroma_transformer_get_memory");
            check(chroma_transformer_trim(transformer()), "chroma_transformer_trim");
            break;
        }
        case 1: {
            auto info = blank<chroma_text_encoder_info>(any_.struct_size(sizeof(chroma_text_encoder_info)));
            check_info(chroma_text_encoder_get_info(text_encoder(), any_.maybe(&info)), info,
                       "chroma_text_encoder_get_info");
            check_info(chroma_text_encoder_get_memory(text_encoder(), any_.maybe(&memory)), memory,
                       "chroma_text_encoder_get_memory");
            check(chroma_text_encoder_trim(text_encoder()), "chroma_text_encoder_trim");
            break;
        }
        default: {
            auto info = blank<chroma_autoencoder_info>(any_.struct_size(sizeof(chroma_autoencoder_info)));
            check_info(chroma_autoencoder_get_info(autoencoder(), any_.maybe(&info)), info,
                       "chroma_autoencoder_get_info");
            check_info(chroma_autoencoder_get_memory(autoencoder(), any_.maybe(&memory)), memory,
                       "chroma_autoencoder_get_memory");
            check(chroma_autoencoder_trim(autoencoder()), "chroma_autoencoder_trim");
            break;
        }
    }
}

void Session::forward_transformer() {
    chroma_transformer* model = transformer();
    auto info = blank<chroma_transformer_info>();
    if (!check_info(chroma_transformer_get_info(model, &info), info, "chroma_transformer_get_info")) {
        return;
    }
    chroma_transformer_inputs inputs{};
    inputs.struct_size = any_.struct_size(sizeof(inputs));
    inputs.batch = any_.one_in(8) ? any_.number() : 1 + any_.below(3);
    inputs.height = any_.one_in(8) ? any_.number() : 2 + 2 * any_.below(3);
    inputs.width = any_.one_in(8) ? any_.number() : 2 + 2 * any_.below(3);
    inputs.text_tokens = any_.one_in(8) ? any_.number() : 1 + any_.below(6);
    if (!is_small({inputs.batch, inputs.height, inputs.width, inputs.text_tokens})) {
        return;
    }
    const size_t pixels = room({inputs.batch, info.latent_channels, inputs.height, inputs.width});
    const std::vector<float> latent = any_.values(pixels);
    std::vector<float> timestep = any_.values(room({inputs.batch}));
    if (!any_.one_in(6)) {
        std::fill(timestep.begin(), timestep.end(), 0.5F);
    }
    const std::vector<float> context = any_.values(room({inputs.batch, inputs.text_tokens, info.context_size}));
    const std::vector<uint8_t> mask = mask_of(any_, room({inputs.batch, inputs.text_tokens}));
    std::vector<float> velocity(pixels);
    inputs.latent = any_.maybe(latent.data());
    inputs.timestep = any_.maybe(timestep.data());
    inputs.context = any_.maybe(context.data());
    inputs.context_mask = any_.one_in(2) ? mask.data() : nullptr;
    inputs.cache = any_.one_in(2) ? cache_ : nullptr;
    const chroma_run_options options = run_options();
    check(chroma_transformer_forward(model, any_.maybe(&inputs), any_.one_in(3) ? nullptr : &options,
                                     any_.maybe(velocity.data())),
          "chroma_transformer_forward");
}

void Session::forward_text_encoder() {
    chroma_text_encoder* model = text_encoder();
    auto info = blank<chroma_text_encoder_info>();
    if (!check_info(chroma_text_encoder_get_info(model, &info), info, "chroma_text_encoder_get_info")) {
        return;
    }
    chroma_text_inputs inputs{};
    inputs.struct_size = any_.struct_size(sizeof(inputs));
    inputs.batch = any_.one_in(8) ? any_.number() : 1 + any_.below(3);
    inputs.tokens = any_.one_in(8) ? any_.number() : 1 + any_.below(12);
    any_.set(inputs.mask, 3);
    if (!is_small({inputs.batch, inputs.tokens})) {
        return;
    }
    const size_t count = room({inputs.batch, inputs.tokens});
    std::vector<int32_t> ids(count, 1);
    for (size_t i = 0; i < count && i < 8; ++i) {
        ids[i] = any_.one_in(16) ? any_.number() : any_.below(info.vocabulary_size);
    }
    const std::vector<uint8_t> mask = mask_of(any_, count);
    std::vector<float> states(room({inputs.batch, inputs.tokens, info.hidden_size}));
    inputs.input_ids = any_.maybe(ids.data());
    inputs.attention_mask = any_.one_in(2) ? mask.data() : nullptr;
    const chroma_run_options options = run_options();
    check(chroma_text_encoder_forward(model, any_.maybe(&inputs), any_.one_in(3) ? nullptr : &options,
                                      any_.maybe(states.data())),
          "chroma_text_encoder_forward");
}

void Session::decode() {
    chroma_autoencoder* model = autoencoder();
    auto info = blank<chroma_autoencoder_info>();
    if (!check_info(chroma_autoencoder_get_info(model, &info), info, "chroma_autoencoder_get_info")) {
        return;
    }
    chroma_autoencoder_inputs inputs{};
    inputs.struct_size = any_.struct_size(sizeof(inputs));
    inputs.batch = any_.one_in(8) ? any_.number() : 1 + any_.below(2);
    inputs.height = any_.one_in(8) ? any_.number() : 1 + any_.below(5);
    inputs.width = any_.one_in(8) ? any_.number() : 1 + any_.below(5);
    inputs.tile = any_.one_in(2) ? 0 : any_.one_in(3) ? any_.number() : any_.below(5) - 1;
    inputs.overlap = any_.one_in(2) ? 0 : any_.one_in(3) ? any_.number() : any_.below(4);
    if (!is_small({inputs.batch, inputs.height, inputs.width})) {
        return;
    }
    const std::vector<float> latent =
        any_.values(room({inputs.batch, info.latent_channels, inputs.height, inputs.width}));
    std::vector<float> image(room({inputs.batch, 3, inputs.height, inputs.width, info.downscale, info.downscale}));
    inputs.values = any_.maybe(latent.data());
    const chroma_run_options options = run_options();
    check(chroma_autoencoder_decode(model, any_.maybe(&inputs), any_.one_in(3) ? nullptr : &options,
                                    any_.maybe(image.data())),
          "chroma_autoencoder_decode");
}

void Session::encode() {
    chroma_autoencoder* model = autoencoder();
    auto info = blank<chroma_autoencoder_info>();
    if (!check_info(chroma_autoencoder_get_info(model, &info), info, "chroma_autoencoder_get_info")) {
        return;
    }
    chroma_autoencoder_inputs inputs{};
    inputs.struct_size = any_.struct_size(sizeof(inputs));
    inputs.batch = any_.one_in(8) ? any_.number() : 1 + any_.below(2);
    inputs.height = any_.one_in(6) ? any_.number() : info.downscale * (1 + any_.below(4));
    inputs.width = any_.one_in(6) ? any_.number() : info.downscale * (1 + any_.below(4));
    inputs.tile = any_.one_in(2) ? 0 : any_.below(5) - 1;
    inputs.overlap = any_.below(3);
    if (!is_small({inputs.batch, inputs.height, inputs.width})) {
        return;
    }
    const std::vector<float> image = any_.values(room({inputs.batch, 3, inputs.height, inputs.width}));
    const size_t count = room({inputs.batch, info.latent_channels, std::max(inputs.height / info.downscale, 1),
                               std::max(inputs.width / info.downscale, 1)});
    std::vector<float> mean(count);
    std::vector<float> logvar(count);
    inputs.values = any_.maybe(image.data());
    const chroma_run_options options = run_options();
    check(chroma_autoencoder_encode(model, any_.maybe(&inputs), any_.one_in(3) ? nullptr : &options,
                                    any_.one_in(3) ? nullptr : mean.data(), any_.one_in(3) ? nullptr : logvar.data()),
          "chroma_autoencoder_encode");
}

// Any sizes: nothing of the inputs is read but them.
void Session::plan() {
    auto memory = blank<chroma_memory>(any_.struct_size(sizeof(chroma_memory)));
    switch (any_.below(3)) {
        case 0: {
            chroma_transformer_inputs inputs{};
            inputs.struct_size = any_.struct_size(sizeof(inputs));
            inputs.batch = any_.number();
            inputs.height = any_.number();
            inputs.width = any_.number();
            inputs.text_tokens = any_.number();
            check_info(chroma_transformer_plan(transformer(), any_.maybe(&inputs), any_.maybe(&memory)), memory,
                       "chroma_transformer_plan");
            break;
        }
        case 1: {
            chroma_text_inputs inputs{};
            inputs.struct_size = any_.struct_size(sizeof(inputs));
            inputs.batch = any_.number();
            inputs.tokens = any_.number();
            any_.set(inputs.mask, 3);
            check_info(chroma_text_encoder_plan(text_encoder(), any_.maybe(&inputs), any_.maybe(&memory)), memory,
                       "chroma_text_encoder_plan");
            break;
        }
        default: {
            chroma_autoencoder_inputs inputs{};
            inputs.struct_size = any_.struct_size(sizeof(inputs));
            inputs.batch = any_.number();
            inputs.height = any_.number();
            inputs.width = any_.number();
            inputs.tile = any_.number();
            inputs.overlap = any_.number();
            check_info(chroma_autoencoder_plan(autoencoder(), any_.maybe(&inputs), any_.below(2), any_.maybe(&memory)),
                       memory, "chroma_autoencoder_plan");
            break;
        }
    }
}

void Session::step_cache() {
    chroma_step_cache_free(cache_);
    cache_ = nullptr;
    chroma_step_cache_options options{};
    options.struct_size = any_.struct_size(sizeof(options));
    options.threshold = any_.one_in(3) ? any_.value() : 0.2F;
    options.most_in_row = any_.one_in(3) ? any_.number() : any_.below(4);
    check_handle(chroma_step_cache_create(any_.maybe(&options), &cache_), cache_, "chroma_step_cache_create");
    auto info = blank<chroma_step_cache_info>(any_.struct_size(sizeof(chroma_step_cache_info)));
    check_info(chroma_step_cache_get_info(cache_, any_.maybe(&info)), info, "chroma_step_cache_get_info");
}

void Session::padding_mask() {
    const int32_t batch = any_.one_in(6) ? any_.number() : any_.below(5);
    const int32_t tokens = any_.one_in(6) ? any_.number() : any_.below(12);
    if (static_cast<int64_t>(batch) * tokens > kMostBuffer) {
        return;
    }
    const size_t count = room({batch, tokens});
    const std::vector<uint8_t> mask = mask_of(any_, count);
    std::vector<uint8_t> keep(count);
    check(chroma_text_padding_mask(any_.maybe(mask.data()), batch, tokens, any_.number(), any_.maybe(keep.data())),
          "chroma_text_padding_mask");
}

}  // namespace fuzz
