// The named tensors that chroma_transformer_run_module and chroma_engine_run_function are given, checked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chroma.h"
#include "common/shape.h"

namespace chroma {

// One of them.
struct NamedInput {
    std::string name;
    Shape shape;
    std::span<const float> values;

    // The axis counted from the last one: 0 is the fastest.
    [[nodiscard]] int64_t from_last(size_t axis) const { return shape[shape.size() - 1 - axis]; }
};

class NamedInputs {
  public:
    // owner: the module or function, for messages. Throws INVALID_ARGUMENT for a tensor without a name or data, with an
    // impossible shape, or given twice.
    NamedInputs(std::string owner, const chroma_tensor* inputs, int32_t count);

    [[nodiscard]] const std::string& owner() const { return owner_; }

    // A tensor by its name; `shape` is what is expected of it, with kAny where any length is right.
    [[nodiscard]] const NamedInput& get(std::string_view name, const Shape& shape) const;

    // One of any rank, at least 1, whose last axis has this length.
    [[nodiscard]] const NamedInput& get_rows(std::string_view name, int64_t channels) const;

    // A tensor [1] with a whole number in min to max.
    [[nodiscard]] int64_t get_count(std::string_view name, int64_t min, int64_t max) const;

    // Throws if a tensor was given that nobody asked for.
    void check_all_used() const;

    static constexpr int64_t kAny = -1;

  private:
    struct Entry {
        NamedInput input;
        mutable bool used = false;
    };

    [[nodiscard]] const NamedInput& find(std::string_view name) const;
    [[noreturn]] void fail_shape(const NamedInput& input, const std::string& expected) const;

    std::string owner_;
    std::vector<Entry> entries_;
};

}  // namespace chroma
