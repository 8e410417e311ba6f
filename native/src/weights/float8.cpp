#include "weights/float8.h"

#include <array>
#include <bit>
#include <cstddef>
#include <limits>

namespace chroma {

namespace {

constexpr float power_of_two(int exponent) {
    return std::bit_cast<float>(static_cast<uint32_t>(exponent + 127) << 23);
}

constexpr float decode(uint8_t bits, int fraction_bits, int bias) {
    const int exponent = (bits & 0x7F) >> fraction_bits;
    const int fraction = bits & ((1 << fraction_bits) - 1);
    const int implicit = exponent == 0 ? 0 : 1 << fraction_bits;
    const int scale = (exponent == 0 ? 1 : exponent) - bias - fraction_bits;
    const float magnitude = static_cast<float>(implicit + fraction) * power_of_two(scale);
    return (bits & 0x80) != 0 ? -magnitude : magnitude;
}

constexpr std::array<float, 256> make_e4m3() {
    std::array<float, 256> table{};
    for (size_t i = 0; i < table.size(); ++i) {
        const auto bits = static_cast<uint8_t>(i);
        table[i] = (bits & 0x7F) == 0x7F ? std::numeric_limits<float>::quiet_NaN() : decode(bits, 3, 7);
    }
    return table;
}

constexpr std::array<float, 256> make_e5m2() {
    std::array<float, 256> table{};
    for (size_t i = 0; i < table.size(); ++i) {
        const auto bits = static_cast<uint8_t>(i);
        const uint8_t magnitude = bits & 0x7F;
        if (magnitude > 0x7C) {
            table[i] = std::numeric_limits<float>::quiet_NaN();
        } else if (magnitude == 0x7C) {
            table[i] =
                (bits & 0x80) != 0 ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity();
        } else {
            table[i] = decode(bits, 2, 15);
        }
    }
    return table;
}

constexpr std::array<float, 256> kE4M3 = make_e4m3();
constexpr std::array<float, 256> kE5M2 = make_e5m2();

static_assert(kE4M3[0x7E] == 448.0F && kE4M3[0x01] == 0.001953125F && kE4M3[0xB8] == -1.0F);
static_assert(kE5M2[0x7B] == 57344.0F && kE5M2[0x01] == 0.0000152587890625F && kE5M2[0xBC] == -1.0F);

}  // namespace

float float8_e4m3(uint8_t bits) {
    return kE4M3[bits];
}

float float8_e5m2(uint8_t bits) {
    return kE5M2[bits];
}

}  // namespace chroma
