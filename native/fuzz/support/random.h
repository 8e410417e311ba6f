// The random numbers of mutators and filler: small, and the same on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fuzz {

// SplitMix64.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    // 0 .. count - 1; 0 for a count of 0.
    size_t below(size_t count) { return count == 0 ? 0 : static_cast<size_t>(next() % count); }

    bool one_in(size_t count) { return below(count) == 0; }

    template <typename Container>
    const auto& pick(const Container& container) {
        return container[below(std::size(container))];
    }

    // A number at which sizes, counts and offsets go wrong.
    uint64_t edge() {
        static constexpr std::array<uint64_t, 40> kEdges = {
            0,          1,          2,          3,          4,          5,          7,          8,
            16,         31,         32,         33,         64,         127,        128,        255,
            256,        1000,       4096,       65535,      65536,      1U << 20,   1U << 22,   1U << 24,
            0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 32, 1ULL << 47, 1ULL << 48, 1ULL << 56, 1ULL << 60,
            1ULL << 61, 1ULL << 62, INT64_MAX,  1ULL << 63, ~0ULL,      ~0ULL - 7,  ~0ULL - 31, 99,
        };
        return pick(kEdges);
    }

  private:
    uint64_t state_;
};

}  // namespace fuzz
