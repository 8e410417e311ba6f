#include "autoencoder/plane.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "autoencoder/group_norm.h"
#include "nn/norm.h"

namespace chroma::autoencoder {

void GroupMoments::add(int64_t channel, std::span<const float> values) {
    constexpr size_t kLanes = 8;  // side by side, so that the processor need not wait for each sum
    std::array<double, kLanes> sums{};
    std::array<double, kLanes> squares{};
    size_t i = 0;
    for (; i + kLanes <= values.size(); i += kLanes) {
        for (size_t lane = 0; lane < kLanes; ++lane) {
            const double value = values[i + lane];
            sums[lane] += value;
            squares[lane] += value * value;
        }
    }
    for (; i < values.size(); ++i) {
        const double value = values[i];
        sums[0] += value;
        squares[0] += value * value;
    }
    for (size_t lane = 0; lane < kLanes; ++lane) {
        sums_[static_cast<size_t>(channel)] += sums[lane];
        squares_[static_cast<size_t>(channel)] += squares[lane];
    }
}

GroupMoments::Norm GroupMoments::norm(int64_t pixels) const {
    const size_t channels = sums_.size();
    const size_t per_group = channels / GroupNorm::kGroups;
    Norm norm{std::vector<float>(channels), std::vector<float>(channels)};
    const double count = static_cast<double>(pixels) * static_cast<double>(per_group);
    for (size_t first = 0; first < channels; first += per_group) {
        double sum = 0;
        double square = 0;
        for (size_t i = first; i < first + per_group; ++i) {
            sum += sums_[i];
            square += squares_[i];
        }
        const double mean = sum / count;
        const double variance = std::max(0.0, square / count - mean * mean);
        for (size_t i = first; i < first + per_group; ++i) {
            norm.mean[i] = static_cast<float>(mean);
            norm.reciprocal_deviation[i] = static_cast<float>(1.0 / std::sqrt(variance + nn::kNormEpsilon));
        }
    }
    return norm;
}

Plane::Plane(int64_t channels, int64_t height, int64_t width, PlaneMemory& memory, bool dry)
    : moments(channels), channels_(channels), height_(height), width_(width) {
    const auto count = static_cast<size_t>(channels * height * width);
    if (!dry) {
        own_ = std::make_unique_for_overwrite<float[]>(count);
        values_ = {own_.get(), count};
    }
    const auto bytes = static_cast<int64_t>(count * sizeof(float));
    memory.held += bytes;
    counted_ = {&memory, PlaneMemoryRelease{bytes}};
}

Plane::Plane(int64_t channels, int64_t height, int64_t width, std::span<float> values)
    : moments(channels), channels_(channels), height_(height), width_(width), values_(values) {}

}  // namespace chroma::autoencoder
