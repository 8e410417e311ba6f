#include "common/named_inputs.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"

namespace chroma {

namespace {

// No test of a unit needs more, and products of lengths stay far from overflowing.
constexpr int64_t kMaxElements = 1LL << 28;

Shape checked_shape(const std::string& owner, const chroma_tensor& tensor) {
    if (tensor.rank < 1 || tensor.rank > CHROMA_MAX_RANK) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", owner, "': the input '", tensor.name, "' has rank ", tensor.rank,
             ", but 1 to ", CHROMA_MAX_RANK, " was expected.");
    }
    Shape shape;
    int64_t elements = 1;
    for (int32_t axis = 0; axis < tensor.rank; ++axis) {
        const int64_t length = tensor.shape[axis];
        if (length < 1 || length > kMaxElements / elements) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", owner, "': axis ", axis, " of the input '", tensor.name, "' is ",
                 length, " long, but lengths of at least 1 and at most ", kMaxElements,
                 " elements in all were expected.");
        }
        elements *= length;
        shape.push_back(length);
    }
    return shape;
}

std::string expected_text(const Shape& shape) {
    std::string out = "[";
    for (size_t i = 0; i < shape.size(); ++i) {
        out += (i == 0 ? "" : ", ") + (shape[i] == NamedInputs::kAny ? "any" : std::to_string(shape[i]));
    }
    return out + "]";
}

}  // namespace

NamedInputs::NamedInputs(std::string owner, const chroma_tensor* inputs, int32_t count) : owner_(std::move(owner)) {
    if (count < 0 || (count > 0 && inputs == nullptr)) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'input_count' is ", count,
             ", but must be the number of tensors in 'inputs'.");
    }
    for (int32_t i = 0; i < count; ++i) {
        const chroma_tensor& tensor = inputs[i];
        if (tensor.name == nullptr || tensor.data == nullptr) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'inputs[", i, "]' lacks its name or its data.");
        }
        Shape shape = checked_shape(owner_, tensor);
        const auto elements = static_cast<size_t>(element_count(shape));
        if (std::any_of(entries_.begin(), entries_.end(),
                        [&](const Entry& entry) { return entry.input.name == tensor.name; })) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", owner_, "': the input '", tensor.name, "' is given twice.");
        }
        entries_.push_back({{tensor.name, std::move(shape), {tensor.data, elements}}, false});
    }
}

const NamedInput& NamedInputs::find(std::string_view name) const {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& candidate) { return candidate.input.name == name; });
    if (entry == entries_.end()) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", owner_, "' needs an input '", name, "'.");
    }
    entry->used = true;
    return entry->input;
}

void NamedInputs::fail_shape(const NamedInput& input, const std::string& expected) const {
    fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", owner_, "': the input '", input.name, "' has shape ",
         shape_text(input.shape), ", but ", expected, " was expected.");
}

const NamedInput& NamedInputs::get(std::string_view name, const Shape& shape) const {
    const NamedInput& input = find(name);
    bool fits = input.shape.size() == shape.size();
    for (size_t axis = 0; fits && axis < shape.size(); ++axis) {
        fits = shape[axis] == kAny || shape[axis] == input.shape[axis];
    }
    if (!fits) {
        fail_shape(input, expected_text(shape));
    }
    return input;
}

const NamedInput& NamedInputs::get_rows(std::string_view name, int64_t channels) const {
    const NamedInput& input = find(name);
    if (channels != kAny && input.from_last(0) != channels) {
        fail_shape(input, text("a last axis of ", channels));
    }
    return input;
}

int64_t NamedInputs::get_count(std::string_view name, int64_t min, int64_t max) const {
    const NamedInput& input = get(name, {1});
    const float value = input.values.front();
    if (!(value >= static_cast<float>(min) && value <= static_cast<float>(max)) || value != std::floor(value)) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", owner_, "': the input '", name, "' is ", value,
             ", but a whole number in ", min, " to ", max, " was expected.");
    }
    return static_cast<int64_t>(value);
}

void NamedInputs::check_all_used() const {
    for (const Entry& entry : entries_) {
        if (!entry.used) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", owner_, "' takes no input '", entry.input.name, "'.");
        }
    }
}

}  // namespace chroma
