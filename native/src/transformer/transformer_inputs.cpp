#include "transformer/transformer_inputs.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"

namespace chroma {

namespace {

constexpr int64_t kMaxBatch = 1024;
constexpr int64_t kMaxTokens = 1 << 15;  // of one sample: attention grows with its square

void check_count(int64_t value, int64_t most, const char* name) {
    if (value < 1 || value > most) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, "' is ", value, ", but must be in 1 to ", most, ".");
    }
}

void check_side(int64_t value, const char* name) {
    constexpr int64_t most = kMaxTokens * kPatchSize;
    if (value < kPatchSize || value > most || value % kPatchSize != 0) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, "' of the latent is ", value, ", but must be even and in 2 to ",
             most, ".");
    }
}

// Which positions of one sample the mask keeps; null keeps all.
std::vector<int32_t> kept_positions(const uint8_t* mask, int64_t sample, int64_t tokens) {
    std::vector<int32_t> kept;
    for (int64_t i = 0; i < tokens; ++i) {
        const uint8_t value = mask == nullptr ? 1 : mask[i];
        if (value > 1) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'context_mask' has ", static_cast<int>(value), " for token ", i,
                 " of sample ", sample, ", but only 0 and 1 mean something.");
        }
        if (value == 1) {
            kept.push_back(static_cast<int32_t>(i));
        }
    }
    if (kept.empty()) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'context_mask' drops every token of sample ", sample,
             ", but at least one must be kept.");
    }
    return kept;
}

std::span<const float> require_values(const float* data, int64_t count, const char* name) {
    if (data == nullptr) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, "' is NULL.");
    }
    return {data, static_cast<size_t>(count)};
}

void check_finite(std::span<const float> values, const char* name, int64_t sample) {
    const auto bad = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    if (bad != values.end()) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, "' of sample ", sample, " has the value ", *bad,
             ", but every value must be finite.");
    }
}

}  // namespace

TransformerInputs TransformerInputs::read_sizes(const chroma_transformer_inputs& inputs,
                                                const TransformerSizes& sizes) {
    check_count(inputs.batch, kMaxBatch, "batch");
    check_side(inputs.height, "height");
    check_side(inputs.width, "width");
    check_count(inputs.text_tokens, kMaxTokens, "text_tokens");

    TransformerInputs read;
    read.batch = inputs.batch;
    read.latent_shape = {sizes.latent_channels, inputs.height, inputs.width};
    read.text_tokens = inputs.text_tokens;
    const int64_t tokens = read.latent_shape.tokens() + read.text_tokens;
    if (tokens > kMaxTokens) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "A latent of ", inputs.width, " x ", inputs.height, " and ",
             read.text_tokens, " text tokens make ", tokens, " tokens, but at most ", kMaxTokens, " are supported.");
    }
    for (int64_t sample = 0; sample < read.batch; ++sample) {
        const uint8_t* mask =
            inputs.context_mask == nullptr ? nullptr : inputs.context_mask + sample * read.text_tokens;
        read.kept_text.push_back(kept_positions(mask, sample, read.text_tokens));
    }
    return read;
}

TransformerInputs TransformerInputs::read(const chroma_transformer_inputs& inputs, const TransformerSizes& sizes) {
    TransformerInputs read = read_sizes(inputs, sizes);
    const auto latent_size = static_cast<size_t>(read.latent_shape.elements());
    const auto token_size = static_cast<size_t>(sizes.context);
    const size_t context_size = static_cast<size_t>(read.text_tokens) * token_size;
    read.latent = require_values(inputs.latent, read.batch * read.latent_shape.elements(), "latent");
    read.timestep = require_values(inputs.timestep, read.batch, "timestep");
    read.context = require_values(inputs.context, read.batch * read.text_tokens * sizes.context, "context");
    for (int64_t sample = 0; sample < read.batch; ++sample) {
        const auto index = static_cast<size_t>(sample);
        const float timestep = read.timestep[index];
        if (!(timestep >= 0.0F && timestep <= 1.0F)) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'timestep' of sample ", sample, " is ", timestep,
                 ", but a sigma in 0 to 1 was expected.");
        }
        check_finite(read.latent.subspan(index * latent_size, latent_size), "latent", sample);
        const std::span<const float> context = read.context.subspan(index * context_size, context_size);
        for (const int32_t position : read.kept_text[index]) {
            check_finite(context.subspan(static_cast<size_t>(position) * token_size, token_size), "context", sample);
        }
    }
    return read;
}

}  // namespace chroma
