// What the normalisations need to know of a row. Written so that compilers make vector code of it.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace chroma {

// The sum of value(0) to value(size - 1), lane by lane: one sum would wait for itself.
template <typename Value>
float sum_lane_by_lane(int64_t size, const Value& value) {
    constexpr int64_t kLanes = 32;
    std::array<float, kLanes> lanes{};
    int64_t i = 0;
    for (; i + kLanes <= size; i += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
            lanes[static_cast<size_t>(lane)] += value(i + lane);
        }
    }
    float rest = 0;
    for (; i < size; ++i) {
        rest += value(i);
    }
    for (size_t half = kLanes / 2; half > 0; half /= 2) {
        for (size_t lane = 0; lane < half; ++lane) {
            lanes[lane] += lanes[lane + half];
        }
    }
    return lanes[0] + rest;
}

struct Moments {
    float mean;
    float factor;  // 1 / sqrt(variance + epsilon)
};

inline Moments moments(const float* x, int64_t size, float epsilon) {
    const auto count = static_cast<float>(size);
    const float mean = sum_lane_by_lane(size, [=](int64_t i) { return x[i]; }) / count;
    const float squares = sum_lane_by_lane(size, [=](int64_t i) { return (x[i] - mean) * (x[i] - mean); });
    return {mean, 1.0F / std::sqrt(squares / count + epsilon)};
}

// 1 / sqrt(mean of squares + epsilon)
inline float rms_factor(const float* x, int64_t size, float epsilon) {
    const float squares = sum_lane_by_lane(size, [=](int64_t i) { return x[i] * x[i]; });
    return 1.0F / std::sqrt(squares / static_cast<float>(size) + epsilon);
}

}  // namespace chroma
