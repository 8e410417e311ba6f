#include "text/t5_sizes.h"

#include "common/error.h"

namespace chroma::t5 {

namespace {

constexpr auto kRelativeBias = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
constexpr int64_t kLargestSide = 1 << 24;

Shape matrix_shape(const WeightLoader& loader, const std::string& name) {
    Shape shape = loader.shape_of(name);
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > kLargestSide || shape[1] > kLargestSide) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "The tensor '", name, "' of '", loader.checkpoint().path(), "' has the shape ",
             shape_text(shape), ", but must be a matrix.");
    }
    return shape;
}

int max_distance(const WeightLoader& loader, int count) {
    constexpr int kDefault = 128;
    for (const char* key : {"t5encoder.attention.relative_max_distance", "relative_attention_max_distance"}) {
        if (const auto value = loader.metadata_number(key)) {
            // The logarithm of max_distance / exact buckets must be positive.
            const int exact = count / 4;
            if (!(*value > exact) || *value > kLargestSide) {
                fail(CHROMA_ERROR_FORMAT, "The metadata '", key, "' of '", loader.checkpoint().path(), "' is ", *value,
                     ", but must be more than a quarter of the ", count, " position buckets.");
            }
            return static_cast<int>(*value);
        }
    }
    return kDefault;
}

}  // namespace

const char* embedding_name(const WeightLoader& loader) {
    return loader.has("shared.weight") || !loader.has("encoder.embed_tokens.weight") ? "shared.weight"
                                                                                     : "encoder.embed_tokens.weight";
}

T5Sizes T5Sizes::infer(const WeightLoader& loader) {
    const std::string first = "encoder.block.0.layer.";
    const Shape embedding = matrix_shape(loader, embedding_name(loader));
    const Shape bias = matrix_shape(loader, kRelativeBias);
    const Shape query = matrix_shape(loader, first + "0.SelfAttention.q.weight");
    const Shape dense = matrix_shape(loader, first + "1.DenseReluDense.wi_0.weight");

    T5Sizes sizes;
    sizes.vocabulary = embedding[0];
    sizes.hidden = embedding[1];
    sizes.heads = bias[1];
    sizes.feed_forward = dense[0];
    sizes.layers = loader.block_count("encoder.block.");
    loader.check_block_count("encoder.block.", sizes.layers, {"t5encoder.block_count", "t5.block_count"});
    if (loader.metadata_text("model_type") == "t5") {  // a config.json
        loader.check_block_count("encoder.block.", sizes.layers, {"num_layers"});
    }
    if (query[0] % sizes.heads != 0) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "The ", query[0], " rows of '", first, "0.SelfAttention.q.weight' in '",
             loader.checkpoint().path(), "' can't be divided among the ", sizes.heads, " heads that '", kRelativeBias,
             "' has columns for.");
    }
    sizes.head_size = query[0] / sizes.heads;
    sizes.buckets.count = static_cast<int>(bias[0]);
    if (sizes.buckets.count < 4 || sizes.buckets.count % 4 != 0) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'", kRelativeBias, "' in '", loader.checkpoint().path(), "' has ", bias[0],
             " rows, but the number of position buckets must be a multiple of 4.");
    }
    sizes.buckets.max_distance = max_distance(loader, sizes.buckets.count);
    if (sizes.buckets.max_distance <= sizes.buckets.count / 4) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'", kRelativeBias, "' in '", loader.checkpoint().path(), "' has ", bias[0],
             " rows: too many position buckets for distances up to ", sizes.buckets.max_distance, ".");
    }
    return sizes;
}

}  // namespace chroma::t5
