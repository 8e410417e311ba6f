#include "api/wall.h"

#include "weights/utf8.h"

namespace chroma::api {

namespace {
thread_local std::string last_error;
}

chroma_status remember(chroma_status status, const char* message) noexcept {
    try {
        // Sentences quote what callers and files call names, paths and devices.
        last_error = to_valid_utf8(message);
    } catch (...) {
        last_error.clear();
    }
    return status;
}

const char* remembered() noexcept {
    return last_error.c_str();
}

}  // namespace chroma::api
