// The one exception type of the engine. It carries the status that the C ABI returns and the sentence that
// chroma_last_error() gives.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

#include "chroma.h"

namespace chroma {

class Error : public std::runtime_error {
  public:
    Error(chroma_status status, const std::string& message) : std::runtime_error(message), status_(status) {}

    [[nodiscard]] chroma_status status() const noexcept { return status_; }

  private:
    chroma_status status_;
};

// Joins its arguments as a stream would print them.
template <typename... Parts>
[[nodiscard]] std::string text(const Parts&... parts) {
    std::ostringstream stream;
    (stream << ... << parts);
    return stream.str();
}

// Throws an Error whose message is the parts joined: one sentence that names the file, tensor or argument and what was
// expected.
template <typename... Parts>
[[noreturn]] void fail(chroma_status status, const Parts&... parts) {
    throw Error(status, text(parts...));
}

}  // namespace chroma
