#include "support/mutate.h"

#include <algorithm>
#include <array>
#include <string>

#include "support/gguf_fields.h"
#include "support/repair.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace fuzz {

namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kMostInserted = 300;

constexpr const char* kNumbers[] = {
    "1e999",
    "-0",
    "1.5",
    "9223372036854775807",
    "9223372036854775808",
    "-1",
    "1e3",
    "0x10",
    "00",
    "NaN",
    "1E+2",
    "-",
    "18446744073709551615",
    "0.0",
    "1e-400",
    "4611686018427387904",
};

constexpr const char* kStrings[] = {
    R"("")",
    R"("F32")",
    R"("F16")",
    R"("BF16")",
    R"("F8_E4M3")",
    R"("F8_E5M2")",
    R"("I8")",
    R"("I64")",
    R"("F64")",
    R"("BOOL")",
    R"("U8")",
    R"("\ud800")",
    R"("\u0000")",
    "\"\xff\"",
    R"("..")",
    R"("/etc/passwd")",
    R"(".")",
    R"("__metadata__")",
    R"("dtype")",
    R"("shape")",
    "null",
    R"("data_offsets")",
    R"("weight_map")",
    R"("\udbff\udfff")",
    "[]",
    "{}",
    "true",
    R"("model.safetensors")",
    R"("scaling_factor")",
};

void insert_text(Bytes& file, size_t position, std::string_view text) {
    replace(file, position, 0, text);
}

// A text field of GGUF with another content.
void set_text(Bytes& file, const GgufField& field, std::string_view text) {
    const std::string copy(text);  // `text` may be of this file
    set_number(file, field.position - kLengthBytes, kLengthBytes, copy.size());
    replace(file, field.position, field.length, copy);
}

void mutate_number(Bytes& file, const GgufField& field, const GgufField& other, Random& random) {
    uint64_t value = number_at(file, field.position, field.length);
    switch (random.below(4)) {
        case 0:
            value += random.below(5) - 2;
            break;
        case 1:
            value = number_at(file, other.position, std::min<size_t>(other.length, kLengthBytes));
            break;
        default:
            value = random.edge();
            break;
    }
    set_number(file, field.position, field.length, value);
}

void mutate_text(Bytes& file, const GgufField& field, const GgufField& other, Random& random) {
    switch (random.below(4)) {
        case 0:
            set_text(file, field, other.is_text ? text_of(file, other.position, other.length) : std::string_view());
            break;
        case 1:
            if (field.length > 0) {
                file[field.position + random.below(field.length)] = static_cast<uint8_t>(random.next());
            }
            break;
        case 2:
            set_text(file, field, "");
            break;
        default:
            set_text(file, field,
                     std::string(text_of(file, field.position, field.length)) +
                         std::string(random.below(kMostInserted), random.one_in(3) ? '\xff' : 'a'));
            break;
    }
}

// A tensor less, or twice, or of another type or shape that occurs in the file or might.
void mutate_tensors(Bytes& file, Random& random) {
    static constexpr std::array<uint64_t, 14> kLengths = {1, 2, 3, 4, 8, 16, 24, 31, 32, 33, 64, 96, 128, 256};
    static constexpr std::array<uint64_t, 10> kTypes = {0, 1, 2, 3, 8, 12, 14, 24, 28, 30};
    const std::vector<GgufTensor> tensors = gguf_fields(file).tensors;
    if (tensors.empty()) {
        return;
    }
    const GgufTensor& tensor = random.pick(tensors);
    const auto begin = file.begin() + static_cast<ptrdiff_t>(tensor.begin);
    const auto end = file.begin() + static_cast<ptrdiff_t>(tensor.end);
    const Bytes entry(begin, end);
    constexpr size_t kCount = 8;  // position of the number of tensors
    const size_t axes = (tensor.type - tensor.begin - kLengthBytes - number_at(file, tensor.begin, 8) - 4) / 8;
    switch (random.below(7)) {
        case 0:
            set_number(file, kCount, 8, number_at(file, kCount, 8) - 1);
            file.erase(begin, end);
            break;
        case 1:
            set_number(file, kCount, 8, number_at(file, kCount, 8) + 1);
            file.insert(end, entry.begin(), entry.end());
            break;
        case 2:
            set_number(file, tensor.type, 4, random.pick(kTypes));
            break;
        case 3: {
            // Another block, or another letter.
            const size_t length = number_at(file, tensor.begin, kLengthBytes);
            uint8_t& letter = file[tensor.begin + kLengthBytes + random.below(length)];
            letter = random.one_in(2) ? '1' : static_cast<uint8_t>('a' + random.below(26));
            break;
        }
        default:
            if (axes > 0) {
                set_number(file, tensor.type - 8 * (1 + random.below(axes)), 8, random.pick(kLengths));
            }
            break;
    }
}

struct JsonTokens {
    struct Token {
        size_t position;
        size_t length;
    };
    std::vector<Token> numbers;
    std::vector<Token> strings;
    std::vector<Token> brackets;
};

JsonTokens tokens_of(const Bytes& text) {
    JsonTokens tokens;
    const auto is_number = [](uint8_t c) { return (c >= '0' && c <= '9') || c == '-'; };
    const auto goes_on = [&](uint8_t c) { return is_number(c) || c == '.' || c == '+' || c == 'e' || c == 'E'; };
    for (size_t i = 0; i < text.size(); ++i) {
        const size_t start = i;
        if (is_number(text[i])) {
            while (i + 1 < text.size() && goes_on(text[i + 1])) {
                ++i;
            }
            tokens.numbers.push_back({start, i + 1 - start});
        } else if (text[i] == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                i += text[i] == '\\' ? 1 : 0;
            }
            if (i < text.size()) {
                tokens.strings.push_back({start, i + 1 - start});
            }
        } else if (text[i] == '{' || text[i] == '[' || text[i] == '}' || text[i] == ']' || text[i] == ',') {
            tokens.brackets.push_back({start, 1});
        }
    }
    return tokens;
}

// The member that begins with the string at `start`, up to the end of its object, once more.
void double_member(Bytes& text, size_t start) {
    constexpr size_t kLongest = 400;
    const auto from = text.begin() + static_cast<ptrdiff_t>(start);
    const auto end = std::find(from, text.end(), '}');
    if (end != text.end() && static_cast<size_t>(end - from) < kLongest) {
        const std::string member(from, end + 1);
        insert_text(text, static_cast<size_t>(end + 1 - text.begin()), "," + member);
    }
}

// A number or a string of a safetensors header by another one of it.
void exchange_tokens(Bytes& file, Random& random) {
    const JsonTokens tokens = tokens_of(file);
    const auto& from = random.one_in(3) ? tokens.strings : tokens.numbers;
    if (from.empty()) {
        return;
    }
    const auto& token = random.pick(from);
    const auto& other = random.pick(from);
    replace(file, token.position, token.length, std::string(text_of(file, other.position, other.length)));
    if (file.size() > kLengthBytes) {
        set_number(file, 0, kLengthBytes, file.size() - kLengthBytes);
    }
}

void mutate_json_once(Bytes& text, Random& random) {
    constexpr size_t kMostDeep = 90;
    constexpr size_t kLongestCut = 120;
    const JsonTokens tokens = tokens_of(text);
    const size_t choice = random.below(10);
    if (choice < 3 && !tokens.numbers.empty()) {
        const auto& number = random.pick(tokens.numbers);
        replace(text, number.position, number.length,
                random.one_in(2) ? std::to_string(random.edge()) : std::string(random.pick(kNumbers)));
    } else if (choice < 6 && !tokens.strings.empty()) {
        const auto& string = random.pick(tokens.strings);
        const auto& other = random.pick(tokens.strings);
        replace(text, string.position, string.length,
                random.one_in(2) ? std::string(text_of(text, other.position, other.length))
                                 : std::string(random.pick(kStrings)));
    } else if (choice == 6 && !tokens.brackets.empty()) {
        const std::string deep(1 + random.below(kMostDeep), random.one_in(2) ? '[' : '{');
        insert_text(text, random.pick(tokens.brackets).position, random.one_in(2) ? deep : deep.substr(0, 1));
    } else if (choice == 7 && !text.empty()) {
        const size_t start = random.below(text.size());
        replace(text, start, std::min(1 + random.below(kLongestCut), text.size() - start), "");
    } else if (choice == 8 && !tokens.strings.empty()) {
        double_member(text, random.pick(tokens.strings).position);
    } else if (!text.empty()) {
        text[random.below(text.size())] = static_cast<uint8_t>(random.next());
    }
}

}  // namespace

void mutate_model(Bytes& file, Random& random) {
    const bool gguf = is_gguf(text_of(file, 0, file.size()));
    if (random.one_in(6)) {
        mutate_file(file, random);
    } else if (gguf) {
        mutate_tensors(file, random);
    } else {
        exchange_tokens(file, random);
    }
    if (!random.one_in(8)) {
        repair(file);
    }
}

void mutate_gguf(Bytes& file, Random& random) {
    constexpr size_t kNearEnd = 400;
    for (size_t left = 1 + random.below(3); left > 0; --left) {
        const std::vector<GgufField> fields = gguf_fields(file).fields;
        if (fields.empty()) {
            return;
        }
        // Half of the time in the tensor list, which is short beside a vocabulary.
        const size_t first = random.one_in(2) ? 0 : fields.size() - std::min(fields.size(), kNearEnd);
        const GgufField& field = fields[first + random.below(fields.size() - first)];
        const GgufField& other = random.pick(fields);
        if (field.is_text) {
            mutate_text(file, field, other, random);
        } else {
            mutate_number(file, field, other, random);
        }
    }
}

void mutate_json(Bytes& text, Random& random) {
    for (size_t left = 1 + random.below(3); left > 0; --left) {
        mutate_json_once(text, random);
    }
}

void mutate_safetensors(Bytes& file, Random& random) {
    const size_t given = file.size() < kLengthBytes ? 0 : static_cast<size_t>(number_at(file, 0, kLengthBytes));
    if (given == 0 || given > file.size() - kLengthBytes) {
        if (file.size() >= kLengthBytes) {
            set_number(file, 0, kLengthBytes, file.size() - kLengthBytes);
        }
        return;
    }
    const auto begin = file.begin() + kLengthBytes;
    Bytes header(begin, begin + static_cast<ptrdiff_t>(given));
    mutate_json(header, random);
    uint64_t claimed = header.size();
    if (random.one_in(12)) {
        claimed = random.one_in(2) ? random.edge() : claimed + random.below(3) - 1;
    }
    file.erase(begin, begin + static_cast<ptrdiff_t>(given));
    file.insert(file.begin() + kLengthBytes, header.begin(), header.end());
    set_number(file, 0, kLengthBytes, claimed);
}

void mutate_file(Bytes& file, Random& random) {
    if (is_gguf(text_of(file, 0, file.size()))) {
        mutate_gguf(file, random);
    } else if (file.size() > kLengthBytes && file[kLengthBytes] == '{') {
        mutate_safetensors(file, random);
    } else {
        mutate_json(file, random);
    }
}

size_t mutate(uint8_t* data, size_t size, size_t most, unsigned seed, size_t prefix, Mutation mutation) {
    Random random(seed);
    if (size <= prefix || random.one_in(6)) {
        return LLVMFuzzerMutate(data, size, most);
    }
    if (prefix > 0 && random.one_in(4)) {
        data[random.below(prefix)] = static_cast<uint8_t>(random.next());
    }
    Bytes rest(data + prefix, data + size);
    mutation(rest, random);
    rest.resize(std::min(rest.size(), most - prefix));
    std::copy(rest.begin(), rest.end(), data + prefix);
    return prefix + rest.size();
}

}  // namespace fuzz
