// Where the fields of a GGUF header are, for mutators that change one at a time. It reads as far as the header makes
// sense and never past the end.
#pragma once

#include <string_view>
#include <vector>

#include "support/bytes.h"

namespace fuzz {

constexpr uint64_t kMostData = 1 << 20;

struct GgufField {
    size_t position;
    size_t length;
    bool is_text;  // its length is the 8 bytes before it
};

struct GgufTensor {
    size_t begin;       // of its entry
    size_t end;         // of its entry
    size_t type;        // position of the field
    size_t offset;      // position of the field
    uint64_t elements;  // at most kMostData
};

struct GgufFields {
    std::vector<GgufField> fields;  // in the file's order
    std::vector<GgufTensor> tensors;
    size_t header = 0;  // bytes up to the end of the tensor list, as far as it could be read
    uint64_t data = 0;  // bytes after the header that the tensors claim, at most kMostData
};

bool is_gguf(std::string_view bytes);

GgufFields gguf_fields(const Bytes& file);

}  // namespace fuzz
