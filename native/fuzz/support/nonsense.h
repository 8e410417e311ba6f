// Arguments that are right, nearly right or nonsense, taken from the fuzzer's bytes.
#pragma once

#include <chroma.h>
#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace fuzz {

class Nonsense {
  public:
    Nonsense(const uint8_t* data, size_t size) : bytes_(data, size) {}

    [[nodiscard]] bool ended() { return bytes_.remaining_bytes() == 0; }

    bool one_in(int count) { return below(count) == 0; }

    int below(int count) { return bytes_.ConsumeIntegralInRange<int>(0, count - 1); }

    // Mostly small, now and then a number at which sums and products overflow.
    int32_t number() {
        static constexpr std::array<int32_t, 20> kEdges = {
            -1,      -2,      255,        256,        4096,        16384,
            32768,   65535,   65536,      1 << 20,    1 << 24,     46341,
            1 << 28, 1 << 30, 0x7fffffff, 0x7ffffffe, -0x7fffffff, std::numeric_limits<int32_t>::min(),
            92682,   0,
        };
        switch (below(4)) {
            case 0:
                return kEdges[static_cast<size_t>(below(static_cast<int>(kEdges.size())))];
            case 1:
                return bytes_.ConsumeIntegral<int32_t>();
            default:
                return below(40);
        }
    }

    int64_t index() { return one_in(4) ? bytes_.ConsumeIntegral<int64_t>() : number(); }

    uint64_t seed() { return bytes_.ConsumeIntegral<uint64_t>(); }

    // For the most part what it should be.
    uint32_t struct_size(uint32_t right) {
        return one_in(10)   ? static_cast<uint32_t>(number())
               : one_in(10) ? right + static_cast<uint32_t>(below(17)) - 8
                            : right;
    }

    float value() {
        static constexpr std::array<float, 6> kEdges = {
            std::numeric_limits<float>::quiet_NaN(),  std::numeric_limits<float>::infinity(),
            -std::numeric_limits<float>::infinity(),  std::numeric_limits<float>::max(),
            std::numeric_limits<float>::denorm_min(), -0.0F};
        if (one_in(40)) {
            return kEdges[static_cast<size_t>(below(static_cast<int>(kEdges.size())))];
        }
        return static_cast<float>(below(2001) - 1000) / 500;
    }

    // Exactly that many, so that a read past their end is seen. A few of the fuzzer's bytes give them all.
    std::vector<float> values(size_t count) {
        constexpr size_t kDifferent = 7;
        std::array<float, kDifferent> few{};
        for (float& one : few) {
            one = value();
        }
        std::vector<float> all(count);
        for (size_t i = 0; i < count; ++i) {
            all[i] = few[i % kDifferent];
        }
        return all;
    }

    // Sets a field to a value of its enum, or to a number that is none, which C++ must not load as one.
    template <typename Enum>
    void set(Enum& field, int count) {
        const int32_t number = one_in(8) ? this->number() : below(count);
        static_assert(sizeof(number) == sizeof(field));
        std::memcpy(&field, &number, sizeof(field));
    }

    void set_type(chroma_type& field) { set(field, CHROMA_TYPE_INT8 + 1); }

    template <typename T, size_t N>
    const T& pick(const std::array<T, N>& from) {
        return from[static_cast<size_t>(below(static_cast<int>(N)))];
    }

    // The pointer itself, or now and then NULL.
    template <typename T>
    T* maybe(T* pointer) {
        return one_in(20) ? nullptr : pointer;
    }

  private:
    FuzzedDataProvider bytes_;
};

// Tensors for a function or a module, and the memory that they point at.
class NonsenseTensors {
  public:
    explicit NonsenseTensors(Nonsense& from) : from_(from) {}

    // Adds one of this shape with memory of exactly that size.
    void add(const char* name, const std::vector<int64_t>& shape) {
        chroma_tensor tensor{};
        tensor.name = name;
        tensor.rank = static_cast<int32_t>(shape.size());
        size_t count = 1;
        for (size_t axis = 0; axis < shape.size(); ++axis) {
            tensor.shape[axis] = shape[axis];
            count *= static_cast<size_t>(shape[axis]);
        }
        tensor.data = keep(from_.values(count));
        tensors_.push_back(tensor);
    }

    void add_number(const char* name) {
        add(name, {1});
        memory_.back()[0] = static_cast<float>(from_.one_in(3) ? from_.number() : from_.below(60));
    }

    // Adds one whose name, rank, shape and memory may all be wrong.
    void add_any(const char* name) {
        constexpr int64_t kMostElements = 1 << 12;
        constexpr int64_t kRefused = 1LL << 28;  // larger tensors are refused unread
        chroma_tensor tensor{};
        tensor.name = name;
        tensor.rank = from_.one_in(12) ? from_.number() : 1 + from_.below(4);
        int64_t count = 1;
        bool sound = tensor.rank > 0 && tensor.rank <= CHROMA_MAX_RANK;
        for (int32_t axis = 0; axis < CHROMA_MAX_RANK; ++axis) {
            tensor.shape[axis] = from_.one_in(12) ? from_.index() : 1 + from_.below(axis < 2 ? 4 : 33);
            if (axis < tensor.rank && sound) {
                sound = tensor.shape[axis] > 0 && tensor.shape[axis] <= kRefused && count <= kRefused;
                count *= sound ? tensor.shape[axis] : 1;
            }
        }
        if (!sound || count > kRefused) {
            count = 1;
        }
        tensor.data =
            count > kMostElements || from_.one_in(20) ? nullptr : keep(from_.values(static_cast<size_t>(count)));
        tensors_.push_back(tensor);
    }

    [[nodiscard]] const chroma_tensor* data() const { return tensors_.data(); }
    [[nodiscard]] int32_t count() const { return static_cast<int32_t>(tensors_.size()); }

  private:
    const float* keep(std::vector<float> values) {
        memory_.push_back(std::move(values));
        return memory_.back().data();
    }

    Nonsense& from_;
    std::vector<chroma_tensor> tensors_;
    std::vector<std::vector<float>> memory_;
};

}  // namespace fuzz
