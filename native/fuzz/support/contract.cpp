#include "support/contract.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "weights/utf8.h"

// What the OpenMP runtime keeps for a thread that has ended.
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier): the sanitizer's name
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "leak:libomp.so\n";
}

namespace fuzz {

namespace {

constexpr size_t kLongestSentence = 4000;

// The largest status that the library itself lists. Asked before any other call, whose sentence it would replace.
const int64_t last_status = [] {
    const chroma_layout_entry* entries = nullptr;
    int32_t count = 0;
    int64_t last = CHROMA_OK;
    static_cast<void>(chroma_layout(&entries, &count));
    for (int32_t i = 0; i < count; ++i) {
        if (std::string_view(entries[i].name).starts_with("CHROMA_ERROR_")) {
            last = std::max(last, entries[i].value);
        }
    }
    return last;
}();

}  // namespace

void broken(std::string_view call, std::string_view what) {
    std::fprintf(stderr, "BROKEN PROMISE: %.*s: %.*s. chroma_last_error(): \"%s\"\n", static_cast<int>(call.size()),
                 call.data(), static_cast<int>(what.size()), what.data(), chroma_last_error());
    std::abort();
}

bool check(chroma_status status, std::string_view call) {
    int32_t number = 0;
    static_assert(sizeof(number) == sizeof(status));
    std::memcpy(&number, &status, sizeof(number));
    const std::string_view sentence = chroma_last_error();
    if (number < CHROMA_OK || number > last_status) {
        broken(call, "a status that does not exist");
    }
    if (status == CHROMA_ERROR_INTERNAL) {
        broken(call, "CHROMA_ERROR_INTERNAL");
    }
    if (status != CHROMA_OK && sentence.empty()) {
        broken(call, "no sentence about the failure");
    }
    if (sentence.size() > kLongestSentence) {
        broken(call, "a sentence without end");
    }
    if (!chroma::is_utf8(sentence)) {
        broken(call, "a sentence that is not UTF-8");
    }
    return status == CHROMA_OK;
}

}  // namespace fuzz
