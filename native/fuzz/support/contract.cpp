#include "support/contract.h"

#include <cstdio>
#include <cstdlib>

#include "weights/utf8.h"

namespace fuzz {

namespace {

constexpr size_t kLongestSentence = 4000;

}  // namespace

void broken(std::string_view call, std::string_view what) {
    std::fprintf(stderr, "BROKEN PROMISE: %.*s: %.*s. chroma_last_error(): \"%s\"\n", static_cast<int>(call.size()),
                 call.data(), static_cast<int>(what.size()), what.data(), chroma_last_error());
    std::abort();
}

bool check(chroma_status status, std::string_view call) {
    int number = 0;
    static_assert(sizeof(number) == sizeof(status));
    std::memcpy(&number, &status, sizeof(number));
    if (number < CHROMA_OK || number > CHROMA_ERROR_INTERNAL) {
        broken(call, "a status that does not exist");
    }
    if (status == CHROMA_ERROR_INTERNAL) {
        broken(call, "CHROMA_ERROR_INTERNAL");
    }
    const std::string_view sentence = chroma_last_error();
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
