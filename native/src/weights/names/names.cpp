#include "weights/names/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace chroma {

namespace {

constexpr size_t kMostDigits = 5;
constexpr std::string_view kSides[] = {"encoder", "decoder"};
constexpr std::string_view kReversedBlocks = "decoder.up_blocks.";
constexpr int kMaxPrefixes = 8;

// What PyTorch puts into a name wherever a module is wrapped: torch.compile, FSDP and activation checkpointing.
constexpr std::string_view kWrappers[] = {"_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."};

// Data parallelism wraps the whole model.
constexpr std::string_view kParallel = "module.";

const std::array<const NameTable*, 3>& tables() {
    static const std::array<const NameTable*, 3> all = {&chroma_names(), &t5_names(), &autoencoder_names()};
    return all;
}

// The digits at the start of the text: no sign, no leading zero.
std::string_view leading_number(std::string_view text) {
    size_t length = 0;
    while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
        ++length;
    }
    if (length > kMostDigits || (length > 1 && text[0] == '0')) {
        length = 0;
    }
    return text.substr(0, length);
}

int to_number(std::string_view digits) {
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

// What #, @ and * stand for in a name.
struct Captures {
    std::array<std::string_view, 4> numbers;
    size_t count = 0;
    std::string_view side;
    std::string_view last;
};

bool matches(std::string_view pattern, std::string_view name, Captures& captures) {
    captures.count = 0;
    while (!pattern.empty()) {
        if (pattern == "*") {
            captures.last = name;
            return !name.empty() && name.find('.') == std::string_view::npos;
        }
        if (pattern.front() == '#') {
            const std::string_view digits = leading_number(name);
            if (digits.empty() || captures.count == captures.numbers.size()) {
                return false;
            }
            captures.numbers[captures.count++] = digits;
            name.remove_prefix(digits.size());
        } else if (pattern.front() == '@') {
            const auto* side = std::find_if(std::begin(kSides), std::end(kSides),
                                            [&](std::string_view s) { return name.starts_with(s); });
            if (side == std::end(kSides)) {
                return false;
            }
            captures.side = *side;
            name.remove_prefix(side->size());
        } else {
            if (name.empty() || name.front() != pattern.front()) {
                return false;
            }
            name.remove_prefix(1);
        }
        pattern.remove_prefix(1);
    }
    return name.empty();
}

// False if a ~ counts below zero.
bool write_canonical(std::string_view pattern, const Captures& captures, int reversed_blocks, std::string& out) {
    size_t next = 0;
    for (const char c : pattern) {
        if (c == '#') {
            out += captures.numbers.at(next++);
        } else if (c == '~') {
            const int index = reversed_blocks - 1 - to_number(captures.numbers.at(next++));
            if (index < 0) {
                return false;
            }
            out += std::to_string(index);
        } else if (c == '@') {
            out += captures.side;
        } else if (c == '*') {
            out += captures.last;
        } else {
            out.push_back(c);
        }
    }
    return true;
}

std::optional<NameMatch> match_rules(const NameTable& table, std::string_view name, int reversed_blocks) {
    Captures captures;
    for (const NameRule& rule : table.rules) {
        if (!matches(rule.stored, name, captures)) {
            continue;
        }
        NameMatch match{table.component, "", rule.kind, rule.part, rule.parts, rule.shape};
        const std::string_view pattern = rule.canonical == nullptr ? rule.stored : rule.canonical;
        if (!write_canonical(pattern, captures, reversed_blocks, match.canonical)) {
            return std::nullopt;
        }
        if (pattern.back() == '*' && captures.last != "weight") {
            match.kind = WeightKind::Vector;
            match.shape = ShapeRule::Same;
            // Only weights and biases have rows to put together; a companion such as a float8 scale belongs to its part
            // alone.
            if (captures.last != "bias") {
                return std::nullopt;
            }
        }
        return match;
    }
    return std::nullopt;
}

std::string without_wrappers(std::string_view name) {
    std::string out(name);
    for (const std::string_view wrapper : kWrappers) {
        for (size_t found = out.find(wrapper); found != std::string::npos; found = out.find(wrapper, found)) {
            if (found == 0 || out[found - 1] == '.') {
                out.erase(found, wrapper.size());
            } else {
                found += wrapper.size();
            }
        }
    }
    return out;
}

// The length of the longest of the prefixes that the name starts with; 0 if it starts with none.
size_t prefix_length(std::span<const std::string_view> prefixes, std::string_view name) {
    size_t longest = name.starts_with(kParallel) ? kParallel.size() : 0;
    for (const std::string_view prefix : prefixes) {
        longest = name.starts_with(prefix) ? std::max(longest, prefix.size()) : longest;
    }
    return longest;
}

std::optional<NameMatch> match_table(const NameTable& table, std::string_view name, int reversed_blocks) {
    for (int i = 0; i <= kMaxPrefixes; ++i) {
        if (auto match = match_rules(table, name, reversed_blocks)) {
            return match;
        }
        const size_t prefix = prefix_length(table.prefixes, name);
        if (prefix == 0) {
            break;
        }
        name.remove_prefix(prefix);
    }
    return std::nullopt;
}

}  // namespace

std::optional<NameMatch> match_name(std::string_view name, int reversed_blocks) {
    const std::string plain = without_wrappers(name);
    for (const NameTable* table : tables()) {
        if (auto match = match_table(*table, plain, reversed_blocks)) {
            return match;
        }
    }
    return std::nullopt;
}

int reversed_block_of(std::string_view name) {
    const size_t found = name.find(kReversedBlocks);
    if (found == std::string_view::npos) {
        return 0;
    }
    const std::string_view digits = leading_number(name.substr(found + kReversedBlocks.size()));
    return digits.empty() ? 0 : to_number(digits) + 1;
}

std::string without_prefix(std::string_view name) {
    std::string plain = without_wrappers(name);
    for (int i = 0; i < kMaxPrefixes; ++i) {
        size_t longest = 0;
        for (const NameTable* table : tables()) {
            longest = std::max(longest, prefix_length(table->prefixes, plain));
        }
        if (longest == 0) {
            break;
        }
        plain.erase(0, longest);
    }
    return plain;
}

}  // namespace chroma
