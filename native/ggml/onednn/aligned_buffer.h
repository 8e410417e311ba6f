// Scratch memory that grows and is kept.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace chroma::onednn {

class AlignedBuffer {
  public:
    // At least this many elements, aligned to a cache line; what was in it is lost when it grows.
    template <typename T>
    T* reserve(size_t count) {
        const size_t bytes = count * sizeof(T);
        if (bytes > size_) {
            data_.reset();
            data_.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
            size_ = bytes;
        }
        return reinterpret_cast<T*>(data_.get());
    }

  private:
    static constexpr std::align_val_t kAlignment{64};
    struct Free {
        void operator()(std::byte* data) const { ::operator delete(data, kAlignment); }
    };
    std::unique_ptr<std::byte, Free> data_;
    size_t size_ = 0;
};

}  // namespace chroma::onednn
