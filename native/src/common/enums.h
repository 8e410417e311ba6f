// Values of enumerations that come from outside.
#pragma once

#include <cstring>
#include <type_traits>

namespace chroma {

// The number that a caller gave as an enumeration's value, which may be any: to be compared before it is read as what
// it claims to be, as reading one that it is not is undefined.
template <typename Enumeration>
[[nodiscard]] std::underlying_type_t<Enumeration> number_of(const Enumeration& value) {
    std::underlying_type_t<Enumeration> number{};
    std::memcpy(&number, &value, sizeof(number));
    return number;
}

}  // namespace chroma
