// The caller's callbacks of one call, as the C ABI passes them, with the checks in one place.
#pragma once

#include "chroma.h"
#include "common/error.h"

namespace chroma {

// Progress and abort of a slow call. Copies freely; a default one listens to nothing.
struct Callbacks {
    chroma_progress_callback progress = nullptr;
    chroma_abort_callback abort = nullptr;
    void* user_data = nullptr;

    void report(int64_t done, int64_t total) const {
        if (progress != nullptr) {
            progress(done, total, user_data);
        }
    }

    [[nodiscard]] bool aborted() const { return abort != nullptr && abort(user_data) != 0; }

    void throw_if_aborted() const {
        if (aborted()) {
            fail(CHROMA_ERROR_ABORTED, "The call was stopped by its abort callback.");
        }
    }
};

}  // namespace chroma
