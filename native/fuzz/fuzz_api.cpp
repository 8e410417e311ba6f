// The C interface as sequences of calls: handles that live and die as chroma.h allows, options and sizes that are
// nonsense, callbacks that stop the call, functions and modules of any name with any tensors. Input: bytes that choose.
#include "support/session.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const fuzz::Scratch scratch;
    fuzz::Session(data, size, scratch).run();
    return 0;
}
