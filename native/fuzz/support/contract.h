// What chroma.h promises of every call, checked; a broken promise ends the process with a sentence, as a sanitizer's
// finding does.
#pragma once

#include <chroma.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace fuzz {

// Prints what was wrong in `call` with chroma_last_error(), and aborts.
[[noreturn]] void broken(std::string_view call, std::string_view what);

// A status that exists and is no INTERNAL; after a failure one sentence, of bounded length and in UTF-8. Returns
// whether the call was successful.
bool check(chroma_status status, std::string_view call);

// check(), and no handle after a failure.
template <typename Handle>
bool check_handle(chroma_status status, const Handle* handle, std::string_view call) {
    const bool done = check(status, call);
    if (done != (handle != nullptr)) {
        broken(call, done ? "CHROMA_OK without a handle" : "a handle in spite of the failure");
    }
    return done;
}

// An info struct whose other fields would show if a failed call wrote into it.
template <typename Info>
Info blank(uint32_t struct_size = sizeof(Info)) {
    Info info;
    std::memset(static_cast<void*>(&info), 0x5A, sizeof(info));
    info.struct_size = struct_size;
    return info;
}

template <typename Info>
bool check_info(chroma_status status, const Info& info, std::string_view call) {
    const bool done = check(status, call);
    const Info untouched = blank<Info>(info.struct_size);
    if (!done && std::memcmp(&info, &untouched, sizeof(Info)) != 0) {
        broken(call, "the failed call wrote into its out parameter");
    }
    return done;
}

}  // namespace fuzz
