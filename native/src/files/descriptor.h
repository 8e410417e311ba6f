// An open file by its number.
#pragma once

#include <cstddef>
#include <span>

namespace chroma {

// Owner of a file descriptor. Functions that can fail return errno, 0 if all went well.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool valid() const { return number_ >= 0; }

    // Writes all, however often it takes: to a pipe that is full and does not block, it waits.
    [[nodiscard]] int write(std::span<const std::byte> bytes) const;

    // Makes sure that what was written is on the disk, so that errors which the system finds late are known.
    [[nodiscard]] int flush() const;

    int close();

  private:
    int number_ = -1;
};

}  // namespace chroma
