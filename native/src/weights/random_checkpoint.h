// A checkpoint of random values that lies in memory and in no file: networks of any size to measure with.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "chroma.h"
#include "weights/checkpoint.h"

namespace chroma {

// Normally distributed values with each tensor's mean and standard deviation. They depend on the seed and the tensor's
// name alone, so that checkpoints of different types hold the same values but for their rounding. Throws
// INVALID_ARGUMENT naming a tensor whose shape or type can't be, and OUT_OF_MEMORY.
[[nodiscard]] std::shared_ptr<const Checkpoint> make_random_checkpoint(std::span<const chroma_random_tensor> tensors,
                                                                       int64_t seed);

}  // namespace chroma
