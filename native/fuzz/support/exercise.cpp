#include "support/exercise.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "support/contract.h"

namespace fuzz {

namespace {

constexpr int64_t kMostRead = 4096;            // elements of a tensor that is converted to float32
constexpr int64_t kMostTensorBytes = 8 << 20;  // of a model that is loaded
constexpr int64_t kMostScratch = 256 << 20;    // of a forward call
constexpr int64_t kMostSide = 4096;            // of the sizes that a model claims

// How far the targets come; a corpus that loads nothing tests nothing.
struct Counts {
    int64_t opened = 0;
    int64_t loaded = 0;
    int64_t computed = 0;

    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    Counts(Counts&&) = delete;
    Counts& operator=(Counts&&) = delete;
    ~Counts() {
        std::fprintf(stderr, "%lld opened, %lld loaded, %lld computed\n", static_cast<long long>(opened),
                     static_cast<long long>(loaded), static_cast<long long>(computed));
    }
};

Counts& counts() {
    static Counts all;
    return all;
}

int32_t count_down(void* left) {
    auto* answers = static_cast<int64_t*>(left);
    return *answers >= 0 && (*answers)-- == 0 ? 1 : 0;
}

// Makes the compiler keep the reads of every byte.
void touch(const void* data, int64_t bytes) {
    const auto* at = static_cast<const unsigned char*>(data);
    volatile unsigned char sum = 0;
    for (int64_t i = 0; i < bytes; ++i) {
        sum = static_cast<unsigned char>(sum + at[i]);
    }
}

void read_tensor(const chroma_weights* weights, int64_t index, int64_t count) {
    auto tensor = blank<chroma_weights_tensor>();
    if (!check_info(chroma_weights_get_tensor(weights, index, &tensor), tensor, "chroma_weights_get_tensor")) {
        broken("chroma_weights_get_tensor", "no tensor of an index that exists");
    }
    const void* data = nullptr;
    int64_t bytes = -1;
    if (check(chroma_weights_read_raw(weights, index, &data, &bytes), "chroma_weights_read_raw")) {
        if (bytes != tensor.bytes) {
            broken("chroma_weights_read_raw", "another length than chroma_weights_get_tensor gives");
        }
        touch(data, std::min(bytes, kMostRead));
        touch(static_cast<const unsigned char*>(data) + std::max<int64_t>(0, bytes - kMostRead),
              std::min(bytes, kMostRead));
    }
    int64_t elements = 1;
    for (int32_t axis = 0; axis < tensor.rank; ++axis) {
        elements = tensor.shape[axis] > kMostRead / std::max<int64_t>(elements, 1) ? kMostRead + 1
                                                                                   : elements * tensor.shape[axis];
    }
    if (elements <= kMostRead) {
        std::vector<float> values(static_cast<size_t>(elements));
        check(chroma_weights_read(weights, index, values.data(), elements), "chroma_weights_read");
    }
    int64_t found = -2;
    check(chroma_weights_find_tensor(weights, tensor.name, &found), "chroma_weights_find_tensor");
    if (found < 0 || found >= count) {
        broken("chroma_weights_find_tensor", "a tensor's own name is not found");
    }
    check(chroma_weights_find_tensor(weights, tensor.canonical_name, &found), "chroma_weights_find_tensor");
}

void read_entry(const chroma_weights* weights, int64_t index) {
    constexpr int64_t kMostStrings = 50;
    constexpr int64_t kMostNumbers = 1 << 16;
    auto entry = blank<chroma_metadata>();
    if (!check_info(chroma_weights_get_metadata(weights, index, &entry), entry, "chroma_weights_get_metadata")) {
        broken("chroma_weights_get_metadata", "no entry of an index that exists");
    }
    int64_t found = -2;
    check(chroma_weights_find_metadata(weights, entry.key, &found), "chroma_weights_find_metadata");
    if (entry.kind == CHROMA_METADATA_STRING) {
        for (int64_t i = 0; i < std::min(entry.count, kMostStrings); ++i) {
            const char* text = nullptr;
            int64_t length = 0;
            check(chroma_weights_get_string(weights, index, i, &text, &length), "chroma_weights_get_string");
            touch(text, length);
        }
        return;
    }
    std::vector<double> values(static_cast<size_t>(std::min(entry.count, kMostNumbers)));
    check(chroma_weights_get_numbers(weights, index, 0, static_cast<int64_t>(values.size()), values.data()),
          "chroma_weights_get_numbers");
}

class Run {
  public:
    Run(const chroma_weights* weights, const ModelOptions& options)
        : weights_(weights), options_(options), answers_(options.abort_after) {
        load_.struct_size = sizeof(load_);
        load_.type = options.type;
        load_.abort = count_down;
        load_.user_data = &answers_;
        run_.struct_size = sizeof(run_);
        run_.abort = count_down;
        run_.user_data = &answers_;
    }

    void transformer() {
        chroma_transformer* loaded = nullptr;
        if (!check_handle(chroma_transformer_load_weights(fuzz::engine(options_.kernels), weights_, &load_, &loaded),
                          loaded, "chroma_transformer_load_weights")) {
            return;
        }
        const std::unique_ptr<chroma_transformer, decltype(&chroma_transformer_free)> model(loaded,
                                                                                            chroma_transformer_free);
        ++counts().loaded;
        auto info = blank<chroma_transformer_info>();
        check_info(chroma_transformer_get_info(loaded, &info), info, "chroma_transformer_get_info");
        if (info.context_size > kMostSide || info.latent_channels > kMostSide) {
            return;
        }
        constexpr int32_t kTokens = 2;
        constexpr int32_t kSide = 4;
        const std::vector<float> latent(static_cast<size_t>(info.latent_channels) * kSide * kSide, 0.1F);
        const std::vector<float> context(static_cast<size_t>(info.context_size) * kTokens, 0.1F);
        const float sigma = 0.5F;
        std::vector<float> velocity(latent.size());
        chroma_transformer_inputs inputs{};
        inputs.struct_size = sizeof(inputs);
        inputs.batch = 1;
        inputs.height = kSide;
        inputs.width = kSide;
        inputs.text_tokens = kTokens;
        inputs.latent = latent.data();
        inputs.timestep = &sigma;
        inputs.context = context.data();
        auto memory = blank<chroma_memory>();
        if (check_info(chroma_transformer_plan(loaded, &inputs, &memory), memory, "chroma_transformer_plan") &&
            memory.compute_bytes <= kMostScratch) {
            computed(chroma_transformer_forward(loaded, &inputs, &run_, velocity.data()), "chroma_transformer_forward");
        }
    }

    void text_encoder() {
        chroma_text_encoder* loaded = nullptr;
        if (!check_handle(chroma_text_encoder_load_weights(fuzz::engine(options_.kernels), weights_, &load_, &loaded),
                          loaded, "chroma_text_encoder_load_weights")) {
            return;
        }
        const std::unique_ptr<chroma_text_encoder, decltype(&chroma_text_encoder_free)> model(loaded,
                                                                                              chroma_text_encoder_free);
        ++counts().loaded;
        auto info = blank<chroma_text_encoder_info>();
        check_info(chroma_text_encoder_get_info(loaded, &info), info, "chroma_text_encoder_get_info");
        if (info.hidden_size > kMostSide) {
            return;
        }
        const std::array<int32_t, 3> ids = {0, 1, info.vocabulary_size - 1};
        const std::array<uint8_t, 3> tokens = {1, 1, 0};
        std::vector<float> states(ids.size() * static_cast<size_t>(info.hidden_size));
        chroma_text_inputs inputs{};
        inputs.struct_size = sizeof(inputs);
        inputs.batch = 1;
        inputs.tokens = static_cast<int32_t>(ids.size());
        inputs.mask = options_.mask;
        inputs.input_ids = ids.data();
        inputs.attention_mask = tokens.data();
        auto memory = blank<chroma_memory>();
        if (check_info(chroma_text_encoder_plan(loaded, &inputs, &memory), memory, "chroma_text_encoder_plan") &&
            memory.compute_bytes <= kMostScratch) {
            computed(chroma_text_encoder_forward(loaded, &inputs, &run_, states.data()), "chroma_text_encoder_forward");
        }
    }

    void autoencoder() {
        chroma_autoencoder* loaded = nullptr;
        if (!check_handle(chroma_autoencoder_load_weights(fuzz::engine(options_.kernels), weights_, &load_, &loaded),
                          loaded, "chroma_autoencoder_load_weights")) {
            return;
        }
        const std::unique_ptr<chroma_autoencoder, decltype(&chroma_autoencoder_free)> model(loaded,
                                                                                            chroma_autoencoder_free);
        ++counts().loaded;
        auto info = blank<chroma_autoencoder_info>();
        check_info(chroma_autoencoder_get_info(loaded, &info), info, "chroma_autoencoder_get_info");
        if (info.latent_channels > kMostSide || info.downscale > 64) {
            return;
        }
        const auto channels = static_cast<size_t>(info.latent_channels);
        const auto side = static_cast<size_t>(info.downscale) * 2;
        constexpr size_t kLatentPixels = 4;
        std::vector<float> latent(channels * kLatentPixels, 0.1F);
        std::vector<float> image(3 * side * side, 0.1F);
        chroma_autoencoder_inputs inputs{};
        inputs.struct_size = sizeof(inputs);
        inputs.batch = 1;
        inputs.height = 2;
        inputs.width = 2;
        inputs.values = latent.data();
        if (fits(loaded, inputs, 1)) {
            computed(chroma_autoencoder_decode(loaded, &inputs, &run_, image.data()), "chroma_autoencoder_decode");
        }
        image.assign(image.size(), 0.1F);
        std::vector<float> logvar(latent.size());
        inputs.height = static_cast<int32_t>(side);
        inputs.width = static_cast<int32_t>(side);
        inputs.values = image.data();
        if (fits(loaded, inputs, 0)) {
            computed(chroma_autoencoder_encode(loaded, &inputs, &run_, latent.data(), logvar.data()),
                     "chroma_autoencoder_encode");
        }
    }

  private:
    static bool fits(chroma_autoencoder* model, const chroma_autoencoder_inputs& inputs, int32_t decode) {
        auto memory = blank<chroma_memory>();
        return check_info(chroma_autoencoder_plan(model, &inputs, decode, &memory), memory,
                          "chroma_autoencoder_plan") &&
               memory.compute_bytes <= kMostScratch;
    }

    static void computed(chroma_status status, const char* call) { counts().computed += check(status, call) ? 1 : 0; }

    const chroma_weights* weights_;
    ModelOptions options_;
    int64_t answers_;
    chroma_load_options load_{};
    chroma_run_options run_{};
};

}  // namespace

chroma_engine* engine(chroma_kernels kernels) {
    const auto make = [](chroma_kernels of) {
        chroma_engine_options options{};
        options.struct_size = sizeof(options);
        options.threads = 1;
        options.device = "cpu";
        options.kernels = of;
        chroma_engine* made = nullptr;
        if (!check_handle(chroma_engine_create(&options, &made), made, "chroma_engine_create")) {
            broken("chroma_engine_create", "no engine");
        }
        return made;
    };
    static chroma_engine* best = make(CHROMA_KERNELS_AUTO);
    static chroma_engine* plain = make(CHROMA_KERNELS_GGML);
    return kernels == CHROMA_KERNELS_GGML ? plain : best;
}

chroma_weights* open(const std::string& path) {
    chroma_weights* weights = nullptr;
    const bool opened = check_handle(chroma_weights_open(path.c_str(), &weights), weights, "chroma_weights_open");
    counts().opened += opened ? 1 : 0;
    return weights;
}

void read_everything(const chroma_weights* weights) {
    auto info = blank<chroma_weights_info>();
    check_info(chroma_weights_get_info(weights, &info), info, "chroma_weights_get_info");
    for (int64_t i = 0; i < info.tensor_count; ++i) {
        read_tensor(weights, i, info.tensor_count);
    }
    for (int64_t i = 0; i < info.metadata_count; ++i) {
        read_entry(weights, i);
    }
}

void run_model(const chroma_weights* weights, const ModelOptions& options) {
    auto info = blank<chroma_weights_info>();
    check_info(chroma_weights_get_info(weights, &info), info, "chroma_weights_get_info");
    if (info.tensor_bytes > kMostTensorBytes) {
        return;
    }
    Run run(weights, options);
    // What the checkpoint is not is refused in a moment, and that is a promise too.
    run.transformer();
    run.text_encoder();
    run.autoencoder();
}

}  // namespace fuzz
