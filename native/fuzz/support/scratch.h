// A folder of this process for the files that a target feeds to the readers, in memory where the system offers that.
// Removed at exit.
#pragma once

#include <string>
#include <string_view>

namespace fuzz {

class Scratch {
  public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    Scratch(Scratch&&) = delete;
    Scratch& operator=(Scratch&&) = delete;

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::string path(std::string_view name) const;

    // Writes a file of two parts, one after the other; returns its path.
    std::string write(std::string_view name, std::string_view first, std::string_view second = {}) const;

    void remove(std::string_view name) const;

  private:
    std::string folder_;
};

}  // namespace fuzz
