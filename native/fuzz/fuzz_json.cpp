// The JSON reader. What it takes is written out again and must read as the same.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/error.h"
#include "support/mutate.h"
#include "weights/json.h"

namespace {

using chroma::JsonValue;

void write(const JsonValue& value, std::string& out) {
    if (const JsonValue::Object* object = value.as_object()) {
        out += '{';
        for (const auto& [key, member] : *object) {
            out += out.back() == '{' ? "" : ",";
            out += chroma::json_string(key) + ":";
            write(member, out);
        }
        out += '}';
    } else if (const JsonValue::Array* array = value.as_array()) {
        out += '[';
        for (const JsonValue& element : *array) {
            out += out.back() == '[' ? "" : ",";
            write(element, out);
        }
        out += ']';
    } else if (const std::string* string = value.as_string()) {
        out += chroma::json_string(*string);
    } else if (const bool* boolean = value.as_boolean()) {
        out += *boolean ? "true" : "false";
    } else if (const auto integer = value.as_integer()) {
        out += std::to_string(*integer);
    } else {
        // Numbers that are no int64 come back as null: what they are worth is not this target's question.
        static_cast<void>(value.as_number());
        out += "null";
    }
}

std::string written(std::string_view text) {
    std::string out;
    write(chroma::parse_json(text, "input"), out);
    return out;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
    return fuzz::mutate(data, size, most, seed, 0, fuzz::mutate_json);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string once;
    try {
        once = written(text);
    } catch (const chroma::Error& error) {
        if (error.status() != CHROMA_ERROR_FORMAT) {
            std::abort();
        }
        return 0;
    }
    const std::string twice = written(once);  // what it wrote itself it must be able to read
    if (once != twice) {
        std::fprintf(stderr, "BROKEN PROMISE: '%s' reads as '%s'\n", once.c_str(), twice.c_str());
        std::abort();
    }
    return 0;
}
