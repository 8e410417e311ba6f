#include "files/part_name.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <fstream>
#include <iomanip>
#include <sstream>

#if defined(_WIN32)
#include <process.h>
#else
#include <unistd.h>
#endif

namespace chroma {

namespace {

constexpr std::string_view kMark = ".chroma-";
constexpr std::string_view kEnding = ".part";
constexpr size_t kMachineDigits = 8;

int process_id() {
#if defined(_WIN32)
    return _getpid();
#else
    return static_cast<int>(::getpid());
#endif
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string machine_identity() {
    std::string identity;
#if defined(__linux__)
    std::ifstream("/proc/sys/kernel/random/boot_id") >> identity;
#endif
#if !defined(_WIN32)
    if (identity.empty()) {
        std::array<char, 256> name{};
        if (::gethostname(name.data(), name.size() - 1) == 0) {
            identity = name.data();
        }
    }
#endif
    return identity;
}

}  // namespace

std::string part_name(std::string_view base, uint32_t machine) {
    static std::atomic<int> counter{0};
    std::ostringstream name;
    name << base << kMark << std::hex << std::setw(kMachineDigits) << std::setfill('0') << machine << std::dec << '-'
         << process_id() << '-' << counter++ << kEnding;
    return name.str();
}

std::string short_part_name(std::string_view base, uint32_t machine) {
    constexpr size_t kKept = 64;
    size_t kept = std::min(base.size(), kKept);
    while (kept > 0 && kept < base.size() && (static_cast<unsigned char>(base[kept]) & 0xC0U) == 0x80U) {
        --kept;  // some file systems take whole UTF-8 characters only
    }
    return part_name(base.substr(0, kept), machine);
}

std::optional<uint32_t> machine_of_part(std::string_view name) {
    const size_t mark = name.rfind(kMark);
    if (mark == std::string_view::npos || !name.ends_with(kEnding)) {
        return std::nullopt;
    }
    name.remove_prefix(mark + kMark.size());
    name.remove_suffix(kEnding.size());
    const size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || dash <= kMachineDigits + 1 || name[kMachineDigits] != '-' ||
        !all_digits(name.substr(dash + 1)) || !all_digits(name.substr(kMachineDigits + 1, dash - kMachineDigits - 1))) {
        return std::nullopt;
    }
    uint32_t machine = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + kMachineDigits, machine, 16);
    return error == std::errc() && end == name.data() + kMachineDigits ? std::optional(machine) : std::nullopt;
}

uint32_t this_machine() {
    static const uint32_t machine = [] {
        uint32_t hash = 2166136261U;  // FNV-1a
        for (const char c : machine_identity()) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
        }
        return hash;
    }();
    return machine;
}

}  // namespace chroma
