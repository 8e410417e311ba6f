#include "weights/stored_type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "weights/float8.h"

namespace chroma {

namespace {

template <typename T>
void number_to_float(const void* from, float* to, int64_t count) {
    const auto* bytes = static_cast<const std::byte*>(from);
    for (int64_t i = 0; i < count; ++i) {
        T value{};
        std::memcpy(&value, bytes + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
        to[i] = static_cast<float>(value);
    }
}

template <float (*Decode)(uint8_t)>
void float8_to_float(const void* from, float* to, int64_t count) {
    const auto* bits = static_cast<const uint8_t*>(from);
    for (int64_t i = 0; i < count; ++i) {
        to[i] = Decode(bits[i]);
    }
}

void bool_to_float(const void* from, float* to, int64_t count) {
    const auto* bytes = static_cast<const uint8_t*>(from);
    for (int64_t i = 0; i < count; ++i) {
        to[i] = bytes[i] != 0 ? 1.0F : 0.0F;
    }
}

void f16_to_float(const void* from, float* to, int64_t count) {
    ggml_fp16_to_fp32_row(static_cast<const ggml_fp16_t*>(from), to, count);
}

void bf16_to_float(const void* from, float* to, int64_t count) {
    ggml_bf16_to_fp32_row(static_cast<const ggml_bf16_t*>(from), to, count);
}

using ToFloat = void (*)(const void*, float*, int64_t);

struct PlainType {
    chroma_type type;
    ggml_type ggml;
    const char* word;  // safetensors'
    int64_t bytes;
    ToFloat to_float;
};

constexpr PlainType kPlainTypes[] = {
    {CHROMA_TYPE_F32, GGML_TYPE_F32, "F32", 4, number_to_float<float>},
    {CHROMA_TYPE_F16, GGML_TYPE_F16, "F16", 2, f16_to_float},
    {CHROMA_TYPE_BF16, GGML_TYPE_BF16, "BF16", 2, bf16_to_float},
    {CHROMA_TYPE_F8_E4M3, GGML_TYPE_COUNT, "F8_E4M3", 1, float8_to_float<float8_e4m3>},
    {CHROMA_TYPE_F8_E5M2, GGML_TYPE_COUNT, "F8_E5M2", 1, float8_to_float<float8_e5m2>},
    {CHROMA_TYPE_F64, GGML_TYPE_F64, "F64", 8, number_to_float<double>},
    {CHROMA_TYPE_I8, GGML_TYPE_I8, "I8", 1, number_to_float<int8_t>},
    {CHROMA_TYPE_I16, GGML_TYPE_I16, "I16", 2, number_to_float<int16_t>},
    {CHROMA_TYPE_I32, GGML_TYPE_I32, "I32", 4, number_to_float<int32_t>},
    {CHROMA_TYPE_I64, GGML_TYPE_I64, "I64", 8, number_to_float<int64_t>},
    {CHROMA_TYPE_OTHER, GGML_TYPE_COUNT, "U8", 1, number_to_float<uint8_t>},
    {CHROMA_TYPE_OTHER, GGML_TYPE_COUNT, "U16", 2, number_to_float<uint16_t>},
    {CHROMA_TYPE_OTHER, GGML_TYPE_COUNT, "U32", 4, number_to_float<uint32_t>},
    {CHROMA_TYPE_OTHER, GGML_TYPE_COUNT, "U64", 8, number_to_float<uint64_t>},
    {CHROMA_TYPE_OTHER, GGML_TYPE_COUNT, "BOOL", 1, bool_to_float},
    {CHROMA_TYPE_OTHER, GGML_TYPE_COUNT, "F8_E8M0", 1, nullptr},  // scales of formats that are recognised, not read
};

struct NamedType {
    chroma_type type;
    ggml_type ggml;
    const char* name;
};

constexpr NamedType kNamedTypes[] = {
    {CHROMA_TYPE_STORED, GGML_TYPE_COUNT, "stored"},   {CHROMA_TYPE_F32, GGML_TYPE_F32, "f32"},
    {CHROMA_TYPE_F16, GGML_TYPE_F16, "f16"},           {CHROMA_TYPE_BF16, GGML_TYPE_BF16, "bf16"},
    {CHROMA_TYPE_F8_E4M3, GGML_TYPE_COUNT, "f8_e4m3"}, {CHROMA_TYPE_F8_E5M2, GGML_TYPE_COUNT, "f8_e5m2"},
    {CHROMA_TYPE_F64, GGML_TYPE_F64, "f64"},           {CHROMA_TYPE_I8, GGML_TYPE_I8, "i8"},
    {CHROMA_TYPE_I16, GGML_TYPE_I16, "i16"},           {CHROMA_TYPE_I32, GGML_TYPE_I32, "i32"},
    {CHROMA_TYPE_I64, GGML_TYPE_I64, "i64"},           {CHROMA_TYPE_Q4_0, GGML_TYPE_Q4_0, "q4_0"},
    {CHROMA_TYPE_Q4_1, GGML_TYPE_Q4_1, "q4_1"},        {CHROMA_TYPE_Q5_0, GGML_TYPE_Q5_0, "q5_0"},
    {CHROMA_TYPE_Q5_1, GGML_TYPE_Q5_1, "q5_1"},        {CHROMA_TYPE_Q8_0, GGML_TYPE_Q8_0, "q8_0"},
    {CHROMA_TYPE_Q2_K, GGML_TYPE_Q2_K, "q2_k"},        {CHROMA_TYPE_Q3_K, GGML_TYPE_Q3_K, "q3_k"},
    {CHROMA_TYPE_Q4_K, GGML_TYPE_Q4_K, "q4_k"},        {CHROMA_TYPE_Q5_K, GGML_TYPE_Q5_K, "q5_k"},
    {CHROMA_TYPE_Q6_K, GGML_TYPE_Q6_K, "q6_k"},        {CHROMA_TYPE_OTHER, GGML_TYPE_COUNT, "other"},
    {CHROMA_TYPE_INT8, GGML_TYPE_I8, "int8"},
};

std::string in_case(std::string_view text, int (*change)(int)) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [change](char c) { return static_cast<char>(change(static_cast<unsigned char>(c))); });
    return out;
}

chroma_type name_of(ggml_type ggml) {
    for (const NamedType& named : kNamedTypes) {
        if (named.ggml == ggml && ggml != GGML_TYPE_COUNT) {
            return named.type;
        }
    }
    return CHROMA_TYPE_OTHER;
}

StoredType make_plain(const PlainType& plain, std::string text) {
    return {plain.type, plain.ggml, std::move(text), 1, plain.bytes, plain.to_float};
}

}  // namespace

bool StoredType::is_weight() const {
    switch (type) {
        case CHROMA_TYPE_I8:
        case CHROMA_TYPE_I16:
        case CHROMA_TYPE_I32:
        case CHROMA_TYPE_I64:
            return false;
        case CHROMA_TYPE_OTHER:
            return ggml != GGML_TYPE_COUNT && to_float != nullptr;
        default:
            return to_float != nullptr;
    }
}

bool find_safetensors_type(std::string_view word, StoredType& type) {
    for (const PlainType& plain : kPlainTypes) {
        if (word == plain.word) {
            type = make_plain(plain, plain.word);
            return true;
        }
    }
    return false;
}

bool find_ggml_type(uint32_t number, StoredType& type) {
    if (number >= GGML_TYPE_COUNT) {
        return false;
    }
    const auto ggml = static_cast<ggml_type>(number);
    for (const PlainType& plain : kPlainTypes) {
        if (plain.ggml == ggml) {
            type = make_plain(plain, plain.word);
            return true;
        }
    }
    const ggml_type_traits* traits = ggml_get_type_traits(ggml);
    if (traits->type_name == nullptr || traits->blck_size <= 0 || traits->type_size == 0) {
        return false;  // a number that ggml has given up
    }
    type = {name_of(ggml),
            ggml,
            in_case(traits->type_name, std::toupper),
            traits->blck_size,
            static_cast<int64_t>(traits->type_size),
            traits->to_float};
    return true;
}

ggml_type to_ggml_type(chroma_type type) {
    for (const NamedType& named : kNamedTypes) {
        if (named.type == type) {
            return named.ggml;
        }
    }
    return GGML_TYPE_COUNT;
}

const char* type_name(chroma_type type) {
    for (const NamedType& named : kNamedTypes) {
        if (named.type == type) {
            return named.name;
        }
    }
    return nullptr;
}

bool parse_type(std::string_view name, chroma_type& type) {
    const std::string lower = in_case(name, std::tolower);
    for (const NamedType& named : kNamedTypes) {
        if (lower == named.name) {
            type = named.type;
            return true;
        }
    }
    return false;
}

}  // namespace chroma
