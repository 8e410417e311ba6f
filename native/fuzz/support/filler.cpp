#include "support/filler.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "support/gguf_fields.h"
#include "support/random.h"

namespace fuzz {

namespace {

Bytes make(Filling filling) {
    Bytes bytes(kMostData + 4096);
    Random random(1);
    for (size_t i = 0; i + 1 < bytes.size() && filling != Filling::Zero; i += 2) {
        // 0x3C00 to 0x3CFF: 0.008 to 0.03 as bfloat16 and the upper half of a float32, 1 to 1.25 as float16.
        const uint64_t word = random.next();
        const uint64_t value = filling == Filling::Random ? word : 0x3C00 | (word & 0x80FF);
        set_number(bytes, i, 2, value);
    }
    return bytes;
}

// The largest end that the header's "data_offsets" give.
uint64_t safetensors_extent(std::string_view header) {
    uint64_t most = 0;
    constexpr std::string_view kKey = "\"data_offsets\"";
    for (size_t at = header.find(kKey); at != std::string_view::npos; at = header.find(kKey, at + kKey.size())) {
        const size_t end = header.find(']', at);
        const size_t comma = end == std::string_view::npos ? end : header.rfind(',', end);
        if (comma == std::string_view::npos || comma < at) {
            continue;
        }
        const std::string_view number = header.substr(comma + 1, end - comma - 1);
        const size_t start = std::min(number.find_first_not_of(' '), number.size());
        uint64_t value = 0;
        std::from_chars(number.data() + start, number.data() + number.size(), value);
        most = std::max(most, std::min(value, kMostData));
    }
    return most;
}

}  // namespace

std::string_view filler(const Bytes& header, Filling filling) {
    if (filling == Filling::None) {
        return {};
    }
    static const std::array<Bytes, 3> bytes = {make(Filling::Small), make(Filling::Random), make(Filling::Zero)};
    const std::string_view text = text_of(header, 0, header.size());
    uint64_t extent = 0;
    if (is_gguf(text)) {
        // The rest of the alignment, too.
        constexpr uint64_t kAlignment = 32;
        extent = gguf_fields(header).data + kAlignment;
    } else if (header.size() >= 8 && number_at(header, 0, 8) <= header.size() - 8) {
        // Every byte must belong to a tensor.
        const uint64_t present = header.size() - 8 - number_at(header, 0, 8);
        const uint64_t claimed = safetensors_extent(text.substr(8));
        extent = claimed > present ? claimed - present : 0;
    }
    const Bytes& all = bytes[static_cast<size_t>(filling)];
    return text_of(all, 0, std::min<size_t>(extent, all.size()));
}

}  // namespace fuzz
