#include "graph/ggml_failure.h"

#include <atomic>
#include <cstdio>
#include <utility>

#include "common/error.h"
#include "ggml.h"

namespace chroma {

namespace {

thread_local bool as_errors = false;
std::atomic<FatalMessageSink> sink = nullptr;

// ggml ends the process once this returns. Without a callback it would start a debugger first.
void on_failure(const char* message) {
    if (as_errors) {
        fail(CHROMA_ERROR_INTERNAL, "ggml refused what it was asked to do: ", message, ".");
    }
    const FatalMessageSink receive = sink;
    if (receive == nullptr || !receive(message)) {
        std::fprintf(stderr, "%s\n", message);
    }
}

// From the moment on in which the library is loaded.
[[maybe_unused]] const ggml_abort_callback_t kDefault = ggml_set_abort_callback(&on_failure);

}  // namespace

GgmlFailuresAsErrors::GgmlFailuresAsErrors() : outer_(std::exchange(as_errors, true)) {}

GgmlFailuresAsErrors::~GgmlFailuresAsErrors() {
    as_errors = outer_;
}

GgmlFailuresAreFatal::GgmlFailuresAreFatal() : outer_(std::exchange(as_errors, false)) {}

GgmlFailuresAreFatal::~GgmlFailuresAreFatal() {
    as_errors = outer_;
}

void set_fatal_message_sink(FatalMessageSink receive) {
    sink = receive;
}

}  // namespace chroma
