// The sinusoids that the Approximator sees: of the timestep, of the guidance and of the index of a modulation vector.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace chroma {

// [N] -> [N, dim]: the cosines, then the sines, of 1000 t times frequencies that fall from 1 towards 1/10000 (Vaswani
// et al. 2017, cosines first as FLUX has them). Everything is float32 up to the angle, whatever the weights are: angles
// reach 343,000. dim: even, at least 2.
[[nodiscard]] std::vector<float> timestep_embedding(std::span<const float> t, int64_t dim);

// [N] -> [N, rows, inputs], what the Approximator is given: row i is the timestep (a quarter of the channels), a
// guidance of 0 (a quarter) and i (a half). inputs: a multiple of 8.
[[nodiscard]] std::vector<float> approximator_input(std::span<const float> t, int64_t rows, int64_t inputs);

}  // namespace chroma
