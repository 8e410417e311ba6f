// The values of tensors: an input of the fuzzer holds a file's header alone, and what the header claims is filled in.
// So inputs stay small, and the networks compute with numbers that are not all zero.
#pragma once

#include <string_view>

#include "support/bytes.h"

namespace fuzz {

enum class Filling {
    Small,   // small numbers, whatever the type is: float32, bfloat16, float16 or blocks with a float16 scale
    Random,  // any bytes: infinities and NaN too
    Zero,
    None  // the file ends with its header
};

// What follows `header`, the beginning of a GGUF or safetensors file. Valid until the process ends.
std::string_view filler(const Bytes& header, Filling filling);

}  // namespace fuzz
