#include "transformer/timestep_embedding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace chroma {

namespace {

constexpr float kTimeFactor = 1000.0F;
constexpr double kPeriod = 10000.0;

// exp(-ln(10000) k / 16) as PyTorch's vectorised float32 exp gives it. At angles this large the last bit shows, and two
// of these are one unit away from the correctly rounded value.
constexpr std::array<uint32_t, 16> kFrequencyBits = {
    0x3f800000, 0x3f0ff59a, 0x3ea1e89b, 0x3e361887, 0x3dcccccc, 0x3d6655c1, 0x3d0186e2, 0x3c91ad3a,
    0x3c23d70a, 0x3bb8449a, 0x3b4f3e33, 0x3ae91528, 0x3a83126e, 0x3a136a14, 0x39a5cb60, 0x393a7753};

std::vector<float> frequencies(size_t count) {
    std::vector<float> out(count);
    for (size_t k = 0; k < count; ++k) {
        if (kFrequencyBits.size() % count == 0) {
            out[k] = std::bit_cast<float>(kFrequencyBits[k * (kFrequencyBits.size() / count)]);
        } else {
            const auto exponent = static_cast<float>(-std::log(kPeriod)) * static_cast<float>(k);
            out[k] = std::exp(exponent / static_cast<float>(count));
        }
    }
    return out;
}

}  // namespace

std::vector<float> timestep_embedding(std::span<const float> t, int64_t dim) {
    const auto half = static_cast<size_t>(dim / 2);
    const std::vector<float> frequency = frequencies(half);
    std::vector<float> out(t.size() * 2 * half);
    for (size_t n = 0; n < t.size(); ++n) {
        float* row = out.data() + n * 2 * half;
        const float scaled = kTimeFactor * t[n];
        for (size_t k = 0; k < half; ++k) {
            const float angle = scaled * frequency[k];
            row[k] = static_cast<float>(std::cos(static_cast<double>(angle)));
            row[half + k] = static_cast<float>(std::sin(static_cast<double>(angle)));
        }
    }
    return out;
}

std::vector<float> approximator_input(std::span<const float> t, int64_t rows, int64_t inputs) {
    const int64_t quarter = inputs / 4;
    const std::vector<float> time = timestep_embedding(t, quarter);
    const std::vector<float> guidance = timestep_embedding(std::vector<float>{0.0F}, quarter);
    std::vector<float> indices(static_cast<size_t>(rows));
    for (size_t i = 0; i < indices.size(); ++i) {
        indices[i] = static_cast<float>(i);
    }
    const std::vector<float> index = timestep_embedding(indices, 2 * quarter);

    std::vector<float> out(t.size() * static_cast<size_t>(rows * inputs));
    float* to = out.data();
    for (size_t n = 0; n < t.size(); ++n) {
        for (int64_t row = 0; row < rows; ++row) {
            to = std::copy_n(time.data() + static_cast<int64_t>(n) * quarter, quarter, to);
            to = std::copy_n(guidance.data(), quarter, to);
            to = std::copy_n(index.data() + row * 2 * quarter, 2 * quarter, to);
        }
    }
    return out;
}

}  // namespace chroma
