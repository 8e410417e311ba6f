#include "api/wall.h"

namespace chroma::api {

namespace {
thread_local std::string last_error;
}

chroma_status remember(chroma_status status, const char* message) noexcept {
    try {
        last_error = message;
    } catch (...) {
        last_error.clear();
    }
    return status;
}

const char* remembered() noexcept {
    return last_error.c_str();
}

}  // namespace chroma::api
