// One layer's output for a whole picture, kept in the caller's memory while tiles are computed from it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace chroma::autoencoder {

// Adds up the values of channels, for the mean and variance of their groups.
class GroupMoments {
  public:
    GroupMoments() = default;
    explicit GroupMoments(int64_t channels)
        : sums_(static_cast<size_t>(channels)), squares_(static_cast<size_t>(channels)) {}

    void add(int64_t channel, std::span<const float> values);

    // What GroupNorm takes, one value per channel: the mean of its group and 1 / sqrt(variance + epsilon).
    // pixels: of one channel.
    struct Norm {
        std::vector<float> mean;
        std::vector<float> reciprocal_deviation;
    };
    [[nodiscard]] Norm norm(int64_t pixels) const;

  private:
    std::vector<double> sums_;
    std::vector<double> squares_;
};

// Bytes that planes hold now. Shared by the planes of one call, which it outlives.
struct PlaneMemory {
    int64_t held = 0;
};

// Gives back what a plane took.
struct PlaneMemoryRelease {
    int64_t bytes = 0;
    void operator()(PlaneMemory* memory) const { memory->held -= bytes; }
};

// [channels, height, width], either memory of its own or a view of the caller's.
class Plane {
  public:
    Plane() = default;

    // Memory of its own, counted; with `dry`, counted only.
    Plane(int64_t channels, int64_t height, int64_t width, PlaneMemory& memory, bool dry);

    // A view.
    Plane(int64_t channels, int64_t height, int64_t width, std::span<float> values);

    [[nodiscard]] int64_t channels() const { return channels_; }
    [[nodiscard]] int64_t height() const { return height_; }
    [[nodiscard]] int64_t width() const { return width_; }
    [[nodiscard]] std::span<float> values() const { return values_; }
    [[nodiscard]] float* row(int64_t channel, int64_t y) const {
        return values_.data() + (channel * height_ + y) * width_;
    }

    GroupMoments moments;

  private:
    int64_t channels_ = 0;
    int64_t height_ = 0;
    int64_t width_ = 0;
    std::unique_ptr<float[]> own_;
    std::span<float> values_;
    std::unique_ptr<PlaneMemory, PlaneMemoryRelease> counted_;
};

}  // namespace chroma::autoencoder
