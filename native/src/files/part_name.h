// Names of the files that are written beside their target until they are whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chroma {

// "picture.png.chroma-5eb63bbb-4711-0.part": the machine that writes it, its process, and a counter. The process is for
// people to read; whether it lives is told by the lock on the file, since its number may have been given to another.
[[nodiscard]] std::string part_name(std::string_view base, uint32_t machine);

// The same where `base` leaves no room for the ending: of it, only the beginning is kept.
[[nodiscard]] std::string short_part_name(std::string_view base, uint32_t machine);

// The machine in the name of a part; nothing if it is not such a name.
[[nodiscard]] std::optional<uint32_t> machine_of_part(std::string_view name);

// Of this machine since it was started, the same in all of its containers.
[[nodiscard]] uint32_t this_machine();

}  // namespace chroma
