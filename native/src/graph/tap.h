// Taps: named looks at intermediate results, in the shapes that PyTorch's modules give.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chroma.h"
#include "common/shape.h"
#include "ggml.h"

namespace chroma {

// How a ggml tensor becomes the PyTorch tensor that a tap shows.
struct TapLayout {
    Shape shape;  // as shown

    // For packed tokens, ggml [C, N] or [D, H, N]: the packed row of each shown [B, L] row in order, -1 where a row is
    // shown as zeros. Null: the tensor's elements are shown in their order.
    std::shared_ptr<const std::vector<int32_t>> rows;

    // With rows: 0 shows [B, L, C]; otherwise the source is [D, H, N] and [B, H, L, D] is shown.
    int64_t heads = 0;
};

struct Tap {
    std::string name;
    const ggml_tensor* values;
    TapLayout layout;
    const ggml_tensor* beside = nullptr;  // more channels of the same tokens; null: none
};

// True if the name matches the glob: * is any run of characters, ? is any one.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view name);

// The listener of one call: patterns and the caller's callback.
class TapListener {
  public:
    TapListener() = default;
    explicit TapListener(const chroma_run_options& run);

    [[nodiscard]] bool listens() const { return callback_ != nullptr && !patterns_.empty(); }
    [[nodiscard]] bool wants(std::string_view name) const;
    [[nodiscard]] bool wants_any(const std::vector<Tap>& taps) const;

    // Shows the tap's values, in the order in which ggml stores them. Throws ABORTED if the callback asks to stop.
    void show(const Tap& tap, std::span<const float> values) const;

    // Shows one tensor under its name, whatever the patterns say.
    void show(const std::string& name, const Shape& shape, std::span<const float> values) const;

  private:
    chroma_tap_callback callback_ = nullptr;
    void* user_data_ = nullptr;
    std::vector<std::string> patterns_;
};

}  // namespace chroma
