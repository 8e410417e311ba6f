#include "support/gguf_fields.h"

#include <algorithm>
#include <array>

namespace fuzz {

namespace {

constexpr uint64_t kText = 8;
constexpr uint64_t kArray = 9;
constexpr std::array<size_t, 13> kWidths = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};  // by GGUF's numbers of types
constexpr size_t kMostAxes = 8;
constexpr uint64_t kMostBytesPerElement = 8;

class Walk {
  public:
    explicit Walk(const Bytes& file) : file_(file) {}

    GgufFields run() {
        position_ = 4;
        number(4);  // version
        const uint64_t tensors = number(8);
        const uint64_t entries = number(8);
        for (uint64_t i = 0; i < entries && !ended_; ++i) {
            text();
            value(number(4));
        }
        for (uint64_t i = 0; i < tensors && !ended_; ++i) {
            tensor();
        }
        out_.header = std::min(position_, file_.size());
        return std::move(out_);
    }

  private:
    uint64_t number(size_t width) {
        if (ended_ || width > file_.size() - position_) {
            ended_ = true;
            return 0;
        }
        out_.fields.push_back({position_, width, false});
        position_ += width;
        return number_at(file_, position_ - width, width);
    }

    void text() {
        const uint64_t length = number(8);
        if (ended_ || length > file_.size() - position_) {
            ended_ = true;
            return;
        }
        out_.fields.push_back({position_, static_cast<size_t>(length), true});
        position_ += length;
    }

    void value(uint64_t type) {
        if (type == kText) {
            text();
        } else if (type == kArray) {
            const uint64_t element = number(4);
            const uint64_t count = number(8);
            for (uint64_t i = 0; i < count && !ended_; ++i) {
                element == kText ? text() : scalar(element);
            }
        } else {
            scalar(type);
        }
    }

    void scalar(uint64_t type) {
        if (type >= kWidths.size() || kWidths[type] == 0) {
            ended_ = true;
            return;
        }
        number(kWidths[type]);
    }

    void tensor() {
        GgufTensor tensor{};
        tensor.begin = position_;
        text();
        const uint64_t rank = number(4);
        tensor.elements = 1;
        for (uint64_t axis = 0; axis < rank && axis < kMostAxes; ++axis) {
            tensor.elements = std::min(tensor.elements * std::min(number(8), kMostData), kMostData);
        }
        tensor.type = position_;
        number(4);
        tensor.offset = position_;
        const uint64_t offset = std::min(number(8), kMostData);
        tensor.end = position_;
        if (!ended_) {
            out_.tensors.push_back(tensor);
            out_.data = std::clamp(offset + tensor.elements * kMostBytesPerElement, out_.data, kMostData);
        }
    }

    const Bytes& file_;
    size_t position_ = 0;
    bool ended_ = false;
    GgufFields out_;
};

}  // namespace

bool is_gguf(std::string_view bytes) {
    return bytes.starts_with("GGUF");
}

GgufFields gguf_fields(const Bytes& file) {
    return Walk(file).run();
}

}  // namespace fuzz
