// What the processor can do: the rate of a plain matrix product of oneDNN, to compare others with.
#pragma once

#include <optional>

namespace chroma::onednn {

// What is multiplied: float32, bfloat16 (into float32), or unsigned with signed bytes (into 32-bit integers).
enum class PeakType { F32, BF16, I8 };

// The best rate in GFLOP/s that products of square matrices reach, oneDNN choosing the layout of the second matrix.
// Takes about a second. Nothing where oneDNN has no such product for this processor.
std::optional<double> measure_peak(PeakType type, int threads);

}  // namespace chroma::onednn
