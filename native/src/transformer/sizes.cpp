#include "transformer/sizes.h"

#include <algorithm>
#include <optional>
#include <string>

#include "common/error.h"
#include "transformer/packing.h"

namespace chroma {

namespace {

// Ours, and that of a diffusers folder's config.json.
constexpr const char* kRopeAxesKeys[] = {"chroma.rope_axes", "axes_dims_rope"};

// The shape of a matrix [out, in].
struct MatrixShape {
    int64_t out;
    int64_t in;
};

MatrixShape matrix_shape(const WeightLoader& loader, const std::string& name) {
    const Shape shape = loader.shape_of(name);
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'", loader.checkpoint().path(), "': ", name, " has shape ", shape_text(shape),
             ", but a matrix was expected.");
    }
    return {shape[0], shape[1]};
}

int64_t vector_length(const WeightLoader& loader, const std::string& name) {
    const Shape shape = loader.shape_of(name);
    if (shape.size() != 1 || shape[0] < 1) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'", loader.checkpoint().path(), "': ", name, " has shape ", shape_text(shape),
             ", but a vector was expected.");
    }
    return shape[0];
}

std::string axes_text(const std::array<int, 3>& axes) {
    return text(axes[0], ", ", axes[1], ", ", axes[2]);
}

void check_axes(const std::array<int, 3>& axes, int64_t head_size, const std::string& source) {
    int64_t sum = 0;
    bool even = true;
    for (const int axis : axes) {
        sum += axis;
        even = even && axis >= 0 && axis % 2 == 0;
    }
    if (!even || sum != head_size) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The rope axes ", axes_text(axes), " of ", source,
             " don't fit: three even numbers that add up to the head size ", head_size, " were expected.");
    }
}

nn::RopeAxes rope_axes_of(const WeightLoader& loader, const std::array<int32_t, 3>& given, int64_t head_size) {
    nn::RopeAxes rope;
    if (given != std::array<int32_t, 3>{}) {
        rope.sizes = {given[0], given[1], given[2]};
        check_axes(rope.sizes, head_size, "'rope_axes'");
        return rope;
    }
    const std::string file = "'" + loader.checkpoint().path() + "'";
    for (const char* key : kRopeAxesKeys) {
        const std::optional<std::vector<int64_t>> stored = loader.metadata_integers(key);
        if (!stored) {
            continue;
        }
        if (stored->size() != rope.sizes.size() ||
            std::any_of(stored->begin(), stored->end(), [&](int64_t axis) { return axis < 0 || axis > head_size; })) {
            fail(CHROMA_ERROR_FORMAT, file, ": the metadata ", key,
                 " must be three even numbers that add up to the head size ", head_size, ".");
        }
        std::transform(stored->begin(), stored->end(), rope.sizes.begin(),
                       [](int64_t axis) { return static_cast<int>(axis); });
        check_axes(rope.sizes, head_size, file);
        return rope;
    }
    const int64_t base = rope.head_size();
    for (int& axis : rope.sizes) {
        if (axis * head_size % (2 * base) != 0) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, file, " doesn't say its rope axes, and Chroma1's (",
                 axes_text(nn::RopeAxes{}.sizes), ") don't scale to its head size ", head_size,
                 ": give them as 'rope_axes'.");
        }
        axis = static_cast<int>(axis * head_size / base);
    }
    return rope;
}

// How many of a kind of block there are: at least one, and as many as a diffusers folder's config.json says.
int block_count(const WeightLoader& loader, const std::string& prefix, const char* tensor, const char* key) {
    const int count = loader.block_count(prefix);
    if (count == 0) {
        static_cast<void>(loader.shape_of(prefix + "0." + tensor));  // throws
    }
    if (loader.metadata_text("_class_name") == "ChromaTransformer2DModel") {
        loader.check_block_count(prefix, count, {key});
    }
    return count;
}

// A layer and its norm are numbered alike; one of them shows that there should be the other.
int approximator_depth(const WeightLoader& loader) {
    const std::string prefix = "distilled_guidance_layer.layers.";
    return std::max(block_count(loader, prefix, "in_layer.weight", "approximator_layers"),
                    loader.block_end("distilled_guidance_layer.norms."));
}

}  // namespace

int64_t TransformerSizes::token_channels() const {
    return latent_channels * kPatchSize * kPatchSize;
}

TransformerSizes TransformerSizes::infer(const WeightLoader& loader, const std::array<int32_t, 3>& rope_axes) {
    TransformerSizes sizes = infer(loader);
    sizes.rope = rope_axes_of(loader, rope_axes, sizes.head_size);
    return sizes;
}

TransformerSizes TransformerSizes::infer(const WeightLoader& loader) {
    const std::string file = "'" + loader.checkpoint().path() + "'";
    TransformerSizes sizes;
    const MatrixShape image_in = matrix_shape(loader, "img_in.weight");
    sizes.hidden = image_in.out;
    sizes.latent_channels = image_in.in / (kPatchSize * kPatchSize);
    if (sizes.token_channels() != image_in.in) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, file, ": img_in.weight takes ", image_in.in,
             " channels, but a multiple of 4 (2x2 patches) was expected.");
    }
    sizes.context = matrix_shape(loader, "txt_in.weight").in;

    const MatrixShape approximator_in = matrix_shape(loader, "distilled_guidance_layer.in_proj.weight");
    sizes.approximator_hidden = approximator_in.out;
    sizes.approximator_inputs = approximator_in.in;
    if (sizes.approximator_inputs % 8 != 0) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, file, ": distilled_guidance_layer.in_proj.weight takes ",
             sizes.approximator_inputs, " channels, but a multiple of 8 was expected.");
    }
    sizes.approximator_layers = approximator_depth(loader);
    sizes.double_blocks = block_count(loader, "double_blocks.", "img_attn.qkv.weight", "num_layers");
    sizes.single_blocks = block_count(loader, "single_blocks.", "linear1.weight", "num_single_layers");
    sizes.head_size = vector_length(loader, "double_blocks.0.img_attn.norm.query_norm.scale");
    sizes.mlp = matrix_shape(loader, "double_blocks.0.img_mlp.0.weight").out;
    sizes.heads = sizes.hidden / sizes.head_size;
    if (sizes.heads * sizes.head_size != sizes.hidden) {
        fail(CHROMA_ERROR_TENSOR_SHAPE, file, ": the hidden size ", sizes.hidden,
             " (img_in.weight) is not a multiple of the head size ", sizes.head_size, " (query_norm.scale).");
    }
    return sizes;
}

}  // namespace chroma
