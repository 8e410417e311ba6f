// chroma_abi_version, chroma_version, chroma_last_error
#include "api/wall.h"

extern "C" {

uint32_t chroma_abi_version(void) {
    return CHROMA_ABI_VERSION;
}

const char* chroma_version(void) {
    return CHROMA_VERSION;
}

const char* chroma_last_error(void) {
    return chroma::api::remembered();
}

}  // extern "C"
