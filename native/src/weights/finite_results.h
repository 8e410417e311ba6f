// What a network gives is finite, or is refused with the likeliest cause.
#pragma once

#include <span>

#include "weights/weight_loader.h"

namespace chroma {

// Throws NOT_FINITE if one of a network's results is infinite or NaN: as damaged weights make them, and ranges that are
// too small. `part` is the network, as in "the transformer". Only then the weights are searched for the cause.
void require_finite_results(std::span<const float> results, const char* part, const Weights& weights);

}  // namespace chroma
