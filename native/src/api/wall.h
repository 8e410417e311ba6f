// The exception wall: the only place where C++ exceptions become statuses.
#pragma once

#include <exception>
#include <new>

#include "chroma.h"
#include "common/error.h"
#include "common/structs.h"
#include "graph/ggml_failure.h"

namespace chroma::api {

using chroma::read_struct;
using chroma::write_struct;

// Keeps the sentence for chroma_last_error() of this thread and returns the status.
chroma_status remember(chroma_status status, const char* message) noexcept;

// The sentence kept last on this thread, "" if none.
const char* remembered() noexcept;

// Runs the body of an exported function; nothing it throws gets past here.
template <typename Body>
chroma_status guard(Body&& body) noexcept {
    const GgmlFailuresAsErrors scope;
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

}  // namespace chroma::api
