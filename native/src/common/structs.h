// The structs of the C ABI that begin with their size, which an older caller may have made smaller.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "chroma.h"
#include "common/error.h"

namespace chroma {

// Where the fields of such a struct end, in their order.
template <typename T>
struct FieldEnds;

#include "common/field_ends.inc"

// Throws INVALID_ARGUMENT for a struct_size that no header of this library ever had: larger than the struct, or within
// a field. A compiler may have rounded it up to the struct's alignment.
template <typename T>
void check_struct_size(uint32_t size, const char* name) {
    const auto ends_here = [size](uint32_t end) {
        const uint32_t rounded = (end + alignof(T) - 1) / alignof(T) * alignof(T);
        return size == end || size == rounded;
    };
    if (size > sizeof(T) ||
        std::none_of(std::begin(FieldEnds<T>::kValues), std::end(FieldEnds<T>::kValues), ends_here)) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", name, ".struct_size' is ", size, ", but this library knows ",
             sizeof(T), " bytes, of which an older program may have fewer whole fields.");
    }
}

// Reads a struct of options or inputs; fields past its struct_size are zero. Null is one of zeros.
template <typename T>
T read_struct(const T* options, const char* name) {
    T copy{};
    copy.struct_size = sizeof(T);
    if (options == nullptr) {
        return copy;
    }
    check_struct_size<T>(options->struct_size, name);
    std::copy_n(reinterpret_cast<const unsigned char*>(options), options->struct_size,
                reinterpret_cast<unsigned char*>(&copy));
    return copy;
}

// Fills a struct of the caller's, of which only the first struct_size bytes are there.
template <typename T>
void write_struct(T* to, const T& value, const char* name) {
    if (to == nullptr) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The argument '", name, "' is NULL.");
    }
    check_struct_size<T>(to->struct_size, name);
    std::copy_n(reinterpret_cast<const unsigned char*>(&value) + sizeof(uint32_t), to->struct_size - sizeof(uint32_t),
                reinterpret_cast<unsigned char*>(to) + sizeof(uint32_t));
}

}  // namespace chroma
