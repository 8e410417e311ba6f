// chroma_text_encoder_* and chroma_text_padding_mask
#include <vector>

#include "api/model_handle.h"
#include "common/enums.h"
#include "text/padding_mask.h"
#include "text/t5_model.h"

using chroma::fail;
using chroma::RunContext;
using chroma::api::compute_with;
using chroma::api::guard;
using chroma::api::load;
using chroma::api::read_struct;
using chroma::api::require;
using chroma::api::write_struct;
using chroma::t5::T5Batch;
using chroma::t5::T5Model;

struct chroma_text_encoder {
    static constexpr chroma_architecture kArchitecture = CHROMA_ARCHITECTURE_T5_ENCODER;

    chroma_text_encoder(const std::shared_ptr<chroma::Engine>& engine,
                        std::shared_ptr<const chroma::Checkpoint> checkpoint, const chroma_load_options& options)
        : model(engine, std::move(checkpoint), chroma::api::weight_options(options)), memory(model.weights()) {}

    std::mutex mutex;
    T5Model model;
    chroma::api::MemoryCount memory;
};

namespace {

void check_count(const char* name, int32_t value, int64_t most) {
    if (value < 1 || value > most) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, "' is ", value, ", but must be 1 to ", most, ".");
    }
}

T5Batch read_batch(const chroma_text_inputs& inputs) {
    check_count("batch", inputs.batch, T5Model::kMaxSamples);
    check_count("tokens", inputs.tokens, T5Model::kMaxTokens);
    const size_t count = static_cast<size_t>(inputs.batch) * static_cast<size_t>(inputs.tokens);
    std::span<const uint8_t> mask;
    if (inputs.attention_mask != nullptr) {
        mask = {inputs.attention_mask, count};
    }
    // Compared as a number: a value outside the enum must not be read as one.
    const auto treatment = chroma::number_of(inputs.mask);
    if (treatment > CHROMA_TEXT_MASK_NONE) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'mask' is ", static_cast<int32_t>(treatment),
             ", but must be 0 (key), 1 (training) or 2 (none).");
    }
    return chroma::t5::make_batch(inputs.batch, inputs.tokens, static_cast<chroma_text_mask>(treatment), mask);
}

}  // namespace

extern "C" {

chroma_status chroma_text_encoder_load(chroma_engine* engine, const char* path, const chroma_load_options* options,
                                       chroma_text_encoder** encoder) {
    return load(engine, path, options, encoder, "encoder");
}

chroma_status chroma_text_encoder_load_weights(chroma_engine* engine, const chroma_weights* weights,
                                               const chroma_load_options* options, chroma_text_encoder** encoder) {
    return load(engine, weights, options, encoder, "encoder");
}

void chroma_text_encoder_free(chroma_text_encoder* encoder) {
    std::unique_ptr<chroma_text_encoder>{encoder}.reset();
}

chroma_status chroma_text_encoder_get_info(const chroma_text_encoder* encoder, chroma_text_encoder_info* info) {
    return guard([&] {
        const T5Model& model = require(encoder, "encoder")->model;
        const chroma::t5::T5Sizes& sizes = model.sizes();
        chroma_text_encoder_info found{};
        found.vocabulary_size = static_cast<int32_t>(sizes.vocabulary);
        found.hidden_size = static_cast<int32_t>(sizes.hidden);
        found.heads = static_cast<int32_t>(sizes.heads);
        found.head_size = static_cast<int32_t>(sizes.head_size);
        found.feed_forward_size = static_cast<int32_t>(sizes.feed_forward);
        found.layers = sizes.layers;
        found.relative_buckets = sizes.buckets.count;
        found.parameter_count = model.weights().parameter_count();
        write_struct(info, found, "info");
    });
}

chroma_status chroma_text_encoder_get_memory(chroma_text_encoder* encoder, chroma_memory* memory) {
    return guard([&] {
        const std::lock_guard lock(require(encoder, "encoder")->mutex);
        write_struct(memory, encoder->memory.describe(encoder->model.held_bytes()), "memory");
    });
}

chroma_status chroma_text_encoder_plan(chroma_text_encoder* encoder, const chroma_text_inputs* inputs,
                                       chroma_memory* memory) {
    return guard([&] {
        const std::lock_guard lock(require(encoder, "encoder")->mutex);
        const T5Batch batch = read_batch(read_struct(require(inputs, "inputs"), "inputs"));
        write_struct(memory, encoder->memory.describe(encoder->model.plan(batch)), "memory");
    });
}

chroma_status chroma_text_encoder_trim(chroma_text_encoder* encoder) {
    return guard([&] {
        const std::lock_guard lock(require(encoder, "encoder")->mutex);
        encoder->model.trim();
    });
}

chroma_status chroma_text_encoder_forward(chroma_text_encoder* encoder, const chroma_text_inputs* inputs,
                                          const chroma_run_options* run, float* states) {
    return guard([&] {
        const std::lock_guard lock(require(encoder, "encoder")->mutex);
        const chroma_text_inputs given = read_struct(require(inputs, "inputs"), "inputs");
        const T5Batch batch = read_batch(given);
        const auto count = static_cast<size_t>(batch.samples * batch.tokens);
        T5Model& model = encoder->model;
        const std::span<const int32_t> ids(require(given.input_ids, "input_ids"), count);
        std::vector<float> results(count * static_cast<size_t>(model.sizes().hidden));
        require(states, "states");
        const RunContext context(run);
        compute_with(model.weights(), [&] { model.encode(batch, ids, context, results); });
        encoder->memory.note(model.held_bytes());
        std::copy(results.begin(), results.end(), states);
    });
}

chroma_status chroma_text_padding_mask(const uint8_t* attention_mask, int32_t batch, int32_t tokens,
                                       int32_t padding_tokens, uint8_t* keep) {
    return guard([&] {
        check_count("batch", batch, INT32_MAX);
        check_count("tokens", tokens, INT32_MAX);
        if (padding_tokens < 0) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'padding_tokens' is ", padding_tokens, ", but must be 0 or more.");
        }
        const size_t count = static_cast<size_t>(batch) * static_cast<size_t>(tokens);
        chroma::t5::generate_t5_padding_mask({require(attention_mask, "attention_mask"), count}, tokens, padding_tokens,
                                             {require(keep, "keep"), count});
    });
}

}  // extern "C"
