// Assertions of the native tests: the first that fails says where and what, and ends the program with 1.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "chroma.h"

namespace chroma::test {

[[noreturn]] inline void failed(const char* file, int line, const std::string& what) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
    std::exit(1);
}

inline void check_status(const char* file, int line, const char* call, chroma_status status, chroma_status expected) {
    if (status != expected) {
        failed(file, line,
               std::string(call) + " gave " + std::to_string(status) + " instead of " + std::to_string(expected) +
                   ": " + chroma_last_error());
    }
}

inline void check_says(const char* file, int line, const std::string& part) {
    if (std::string(chroma_last_error()).find(part) == std::string::npos) {
        failed(file, line, "'" + part + "' is not in '" + chroma_last_error() + "'");
    }
}

}  // namespace chroma::test

#define CHECK(condition) ((condition) ? void() : chroma::test::failed(__FILE__, __LINE__, "not so: " #condition))

// That a call succeeds, or fails with a status.
#define CHECK_OK(call) chroma::test::check_status(__FILE__, __LINE__, #call, call, CHROMA_OK)
#define CHECK_FAILS(expected, call) chroma::test::check_status(__FILE__, __LINE__, #call, call, expected)

// That the last failure's sentence has a part.
#define CHECK_SAYS(part) chroma::test::check_says(__FILE__, __LINE__, part)
