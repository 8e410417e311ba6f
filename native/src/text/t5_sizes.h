// The sizes of a T5 encoder.
#pragma once

#include <cstdint>

#include "text/relative_position.h"
#include "weights/weight_loader.h"

namespace chroma::t5 {

struct T5Sizes {
    int64_t vocabulary = 0;
    int64_t hidden = 0;
    int64_t heads = 0;
    int64_t head_size = 0;
    int64_t feed_forward = 0;
    int layers = 0;
    RelativeBuckets buckets;

    [[nodiscard]] int64_t inner() const { return heads * head_size; }

    // Reads the sizes from the shapes of the weights. Only the largest distance of the buckets leaves no trace in them:
    // it comes from the metadata, else it is T5's 128.
    static T5Sizes infer(const WeightLoader& loader);
};

// The embedding table has either of these names.
[[nodiscard]] const char* embedding_name(const WeightLoader& loader);

}  // namespace chroma::t5
