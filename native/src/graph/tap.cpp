#include "graph/tap.h"

#include <algorithm>

#include "common/error.h"

namespace chroma {

bool glob_matches(std::string_view pattern, std::string_view name) {
    size_t p = 0;
    size_t n = 0;
    size_t star = std::string_view::npos;  // the last * seen, and how much of the name it has taken
    size_t taken = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

TapListener::TapListener(const chroma_run_options& run) : callback_(run.tap), user_data_(run.user_data) {
    if (run.tap_pattern_count < 0 || (run.tap_pattern_count > 0 && run.tap_patterns == nullptr)) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'tap_pattern_count' is ", run.tap_pattern_count,
             ", but must be the number of patterns in 'tap_patterns'.");
    }
    for (int32_t i = 0; i < run.tap_pattern_count; ++i) {
        if (run.tap_patterns[i] == nullptr) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'tap_patterns[", i, "]' is NULL.");
        }
        patterns_.emplace_back(run.tap_patterns[i]);
    }
    if (!patterns_.empty() && callback_ == nullptr) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'tap_patterns' are given, but 'tap' is NULL.");
    }
}

bool TapListener::wants(std::string_view name) const {
    return callback_ != nullptr && std::any_of(patterns_.begin(), patterns_.end(),
                                               [&](const std::string& pattern) { return glob_matches(pattern, name); });
}

bool TapListener::wants_any(const std::vector<Tap>& taps) const {
    return std::any_of(taps.begin(), taps.end(), [&](const Tap& tap) { return wants(tap.name); });
}

namespace {

// [C, N] or [D, H, N] packed rows -> [B, L, C] or [B, H, L, D], rows of -1 as zeros.
std::vector<float> unpack(const TapLayout& layout, std::span<const float> values) {
    const bool by_head = layout.heads != 0;
    const int64_t width = by_head ? layout.shape[3] * layout.heads : layout.shape[2];
    const int64_t batch = layout.shape[0];
    const int64_t length = layout.shape[by_head ? 2 : 1];
    const int64_t head_size = by_head ? layout.shape[3] : width;
    const int64_t heads = by_head ? layout.heads : 1;
    std::vector<float> shown(static_cast<size_t>(element_count(layout.shape)), 0.0F);
    for (int64_t b = 0; b < batch; ++b) {
        for (int64_t l = 0; l < length; ++l) {
            const int32_t row = (*layout.rows)[static_cast<size_t>(b * length + l)];
            if (row < 0) {
                continue;
            }
            for (int64_t h = 0; h < heads; ++h) {
                const float* from = values.data() + row * width + h * head_size;
                std::copy_n(from, head_size, shown.data() + ((b * heads + h) * length + l) * head_size);
            }
        }
    }
    return shown;
}

}  // namespace

void TapListener::show(const Tap& tap, std::span<const float> values) const {
    if (tap.layout.rows == nullptr) {
        show(tap.name, tap.layout.shape, values);
    } else {
        show(tap.name, tap.layout.shape, unpack(tap.layout, values));
    }
}

void TapListener::show(const std::string& name, const Shape& shape, std::span<const float> values) const {
    if (callback_ == nullptr) {
        return;
    }
    chroma_tensor tensor{};
    tensor.name = name.c_str();
    tensor.data = values.data();
    tensor.rank = static_cast<int32_t>(shape.size());
    std::copy(shape.begin(), shape.end(), std::begin(tensor.shape));
    if (callback_(&tensor, user_data_) != 0) {
        fail(CHROMA_ERROR_ABORTED, "The call was stopped by its tap callback at '", name, "'.");
    }
}

}  // namespace chroma
