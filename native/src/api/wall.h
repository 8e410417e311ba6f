// The exception wall: the only place where C++ exceptions become statuses.
#pragma once

#include <cstdint>
#include <exception>
#include <new>

#include "chroma.h"
#include "common/error.h"

namespace chroma::api {

// Keeps the sentence for chroma_last_error() of this thread and returns the status.
chroma_status remember(chroma_status status, const char* message) noexcept;

// The sentence kept last on this thread, "" if none.
const char* remembered() noexcept;

// Runs the body of an exported function; nothing it throws gets past here.
template <typename Body>
chroma_status guard(Body&& body) noexcept {
    try {
        body();
        return remember(CHROMA_OK, "");
    } catch (const Error& error) {
        return remember(error.status(), error.what());
    } catch (const std::bad_alloc&) {
        return remember(CHROMA_ERROR_OUT_OF_MEMORY, "Out of memory.");
    } catch (const std::exception& error) {
        return remember(CHROMA_ERROR_INTERNAL, error.what());
    } catch (...) {
        return remember(CHROMA_ERROR_INTERNAL, "An unknown error in the native library.");
    }
}

// Throws INVALID_ARGUMENT naming a null argument.
template <typename T>
T* require(T* pointer, const char* name) {
    if (pointer == nullptr) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The argument '", name, "' is NULL.");
    }
    return pointer;
}

// Reads an options struct that an older caller may have made smaller: fields past its struct_size are zero.
template <typename T>
T read_struct(const T* options, const char* name) {
    T copy{};
    copy.struct_size = sizeof(T);
    if (options == nullptr) {
        return copy;
    }
    if (options->struct_size < sizeof(uint32_t) || options->struct_size > sizeof(T)) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, ".struct_size' is ", options->struct_size,
             ", but this library knows ", sizeof(T), " bytes.");
    }
    auto* to = reinterpret_cast<unsigned char*>(&copy);
    const auto* from = reinterpret_cast<const unsigned char*>(options);
    for (uint32_t i = 0; i < options->struct_size; ++i) {
        to[i] = from[i];
    }
    return copy;
}

}  // namespace chroma::api
