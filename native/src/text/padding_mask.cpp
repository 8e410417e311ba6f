#include "text/padding_mask.h"

#include <algorithm>

namespace chroma::t5 {

void generate_t5_padding_mask(std::span<const uint8_t> attention_mask, int64_t tokens, int64_t padding_tokens,
                              std::span<uint8_t> keep) {
    const auto length = static_cast<size_t>(tokens);
    for (size_t row = 0; row < attention_mask.size(); row += length) {
        size_t end = 0;  // one past the last token
        for (size_t i = 0; i < length; ++i) {
            keep[row + i] = attention_mask[row + i] != 0 ? 1 : 0;
            end = keep[row + i] != 0 ? i + 1 : end;
        }
        const size_t kept = std::min(length - end, static_cast<size_t>(padding_tokens));
        std::fill_n(keep.begin() + static_cast<std::ptrdiff_t>(row + end), kept, uint8_t{1});
    }
}

}  // namespace chroma::t5
