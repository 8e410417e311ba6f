// How files store elements, and how stored elements become float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "chroma.h"
#include "ggml.h"

namespace chroma {

// ggml's types plus those that only safetensors has.
struct StoredType {
    chroma_type type = CHROMA_TYPE_OTHER;  // this library's name for it
    ggml_type ggml = GGML_TYPE_COUNT;      // GGML_TYPE_COUNT where ggml has no such type (F8, U8, BOOL, ...)
    std::string text;                      // the file's own word: "F8_E4M3", "Q4_K"
    int64_t block_elements = 1;
    int64_t block_bytes = 0;
    void (*to_float)(const void* from, float* to, int64_t count) = nullptr;  // null: can't be read as float32

    // Bytes of that many elements, which must be whole blocks.
    [[nodiscard]] int64_t bytes(int64_t elements) const { return elements / block_elements * block_bytes; }

    // True for floating point and quantised types: what a weight may have. Integers are data.
    [[nodiscard]] bool is_weight() const;
};

// Finds a type by safetensors' word for it ("F8_E4M3"). False if there is none of that name.
[[nodiscard]] bool find_safetensors_type(std::string_view word, StoredType& type);

// Finds a type by ggml's number, as GGUF stores it. False if ggml has none of that number (any more).
[[nodiscard]] bool find_ggml_type(uint32_t number, StoredType& type);

// ggml's type for one of this library's; GGML_TYPE_COUNT for STORED, F8, OTHER and values outside the enum.
[[nodiscard]] ggml_type to_ggml_type(chroma_type type);

// Null for a value outside the enum.
[[nodiscard]] const char* type_name(chroma_type type);

// By the usual name in any case; false if there is none.
[[nodiscard]] bool parse_type(std::string_view name, chroma_type& type);

}  // namespace chroma
