#include "onednn/pixels.h"

#include <algorithm>
#include <array>
#include <bit>

#include "numbers/exponential.h"
#include "onednn/convert.h"
#include "onednn/pixels_bf16.h"
#include "onednn/processor.h"

namespace chroma::onednn {

namespace {

constexpr int64_t kLanes = 16;

float value(float x) {
    return x;
}

float value(bf16 x) {
    return std::bit_cast<float>(uint32_t{x} << 16U);
}

void store(const float* from, float* to, int64_t count) {
    std::copy_n(from, count, to);
}

void store(const float* from, bf16* to, int64_t count) {
    to_bf16(from, to, static_cast<size_t>(count));
}

// Calls body with both pointers in the type that they have.
template <typename Body>
void with_type(ggml_type type, const void* x, void* y, const Body& body) {
    if (type == GGML_TYPE_BF16) {
        body(static_cast<const bf16*>(x), static_cast<bf16*>(y));
    } else {
        body(static_cast<const float*>(x), static_cast<float*>(y));
    }
}

template <typename T>
void transform(const T* x, int64_t pixels, int64_t channels, const ChannelTransform& by, T* y) {
    constexpr float kLog2E = 1.44269504F;
    std::array<float, kLanes> values;
    for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, y += channels) {
        for (int64_t channel = 0; channel < channels; channel += kLanes) {
            for (int64_t lane = 0; lane < kLanes; ++lane) {
                const int64_t i = channel + lane;
                const float normed = value(x[i]) * by.factor[i] + by.shift[i];
                values[static_cast<size_t>(lane)] =
                    by.swish ? normed / (1.0F + power_of_two(-kLog2E * normed)) : normed;
            }
            store(values.data(), y + channel, kLanes);
        }
    }
}

// Sixteen channels of so many pixels are added in float32, what comes of it in float64.
constexpr int64_t kSummed = 32;

template <typename T>
void moments(const T* x, int64_t pixels, int64_t channels, double* sums, double* squares) {
    for (int64_t first = 0; first < pixels; first += kSummed) {
        const int64_t end = std::min(first + kSummed, pixels);
        for (int64_t channel = 0; channel < channels; channel += kLanes) {
            std::array<float, kLanes> sum{};
            std::array<float, kLanes> square{};
            for (int64_t pixel = first; pixel < end; ++pixel) {
                for (int64_t lane = 0; lane < kLanes; ++lane) {
                    const float v = value(x[pixel * channels + channel + lane]);
                    sum[static_cast<size_t>(lane)] += v;
                    square[static_cast<size_t>(lane)] += v * v;
                }
            }
            for (int64_t lane = 0; lane < kLanes; ++lane) {
                sums[channel + lane] += sum[static_cast<size_t>(lane)];
                squares[channel + lane] += square[static_cast<size_t>(lane)];
            }
        }
    }
}

}  // namespace

void transform_pixels(ggml_type type, const void* x, int64_t pixels, int64_t channels, const ChannelTransform& by,
                      void* y) {
    if (type == GGML_TYPE_BF16 && has_avx512_bf16()) {
        transform_pixels_bf16(static_cast<const bf16*>(x), pixels, channels, by, static_cast<bf16*>(y));
        return;
    }
    with_type(type, x, y, [&](auto* from, auto* to) { transform(from, pixels, channels, by, to); });
}

void add_moments(ggml_type type, const void* x, int64_t pixels, int64_t channels, double* sums, double* squares) {
    with_type(type, x, nullptr, [&](auto* from, auto*) { moments(from, pixels, channels, sums, squares); });
}

void interleave(const float* x, int64_t plane, int64_t pixels, int64_t channels, int64_t padded, ggml_type type,
                void* y) {
    constexpr int64_t kMostChannels = 64;
    std::array<float, kMostChannels> values{};
    with_type(type, nullptr, y, [&](auto*, auto* to) {
        for (int64_t pixel = 0; pixel < pixels; ++pixel, to += padded) {
            for (int64_t channel = 0; channel < padded; channel += kMostChannels) {
                const int64_t count = std::min(kMostChannels, padded - channel);
                for (int64_t i = 0; i < count; ++i) {
                    values[static_cast<size_t>(i)] = channel + i < channels ? x[(channel + i) * plane + pixel] : 0.0F;
                }
                store(values.data(), to + channel, count);
            }
        }
    });
}

void separate(const float* x, int64_t pixels, int64_t channels, int64_t plane, float* y) {
    for (int64_t channel = 0; channel < channels; ++channel) {
        for (int64_t pixel = 0; pixel < pixels; ++pixel) {
            y[channel * plane + pixel] = x[pixel * channels + channel];
        }
    }
}

}  // namespace chroma::onednn
