#include "protocol/commands.h"

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace isocache {
namespace {

constexpr CommandInfo kCommands[] = {
#define ISOCACHE_COMMAND(verb, family, ...) {#verb, CommandFamily::family},
#include "protocol/commands.def"
};
constexpr std::size_t kCount = std::size(kCommands);

// A hash table that is filled in at compile time. The slot is a mix of the length and the first two
// bytes. A collision takes the next free slot. So a verb costs one table line and one comparison.
constexpr std::size_t kSlots = 128;

// Factors that give every command a slot of its own; the table is checked when it is compiled.
constexpr unsigned kFirst = 5;
constexpr unsigned kSecond = 17;
constexpr unsigned kLength = 3;

constexpr std::size_t slot_of(std::string_view verb) {
  const auto first = static_cast<unsigned char>(verb[0]);
  const auto second = static_cast<unsigned char>(verb[1]);
  return (first * kFirst + second * kSecond + verb.size() * kLength) % kSlots;
}

constexpr std::array<std::uint8_t, kSlots> make_slots() {
  std::array<std::uint8_t, kSlots> slots = {};
  for (auto& slot : slots) slot = static_cast<std::uint8_t>(Command::kUnknown);
  for (std::size_t i = 0; i < kCount; ++i) {
    std::size_t at = slot_of(kCommands[i].name);
    while (slots[at] != static_cast<std::uint8_t>(Command::kUnknown)) at = (at + 1) % kSlots;
    slots[at] = static_cast<std::uint8_t>(i);
  }
  return slots;
}

constexpr auto kSlotTable = make_slots();

}  // namespace

std::span<const CommandInfo> all_commands() { return kCommands; }

Command find_command(std::string_view verb) {
  if (verb.size() < 2) return Command::kUnknown;
  for (std::size_t at = slot_of(verb);; at = (at + 1) % kSlots) {
    const auto command = static_cast<Command>(kSlotTable[at]);
    if (command == Command::kUnknown) return command;
    const std::string_view name = kCommands[kSlotTable[at]].name;
    if (name.size() == verb.size() && equal_bytes(name.data(), verb.data(), verb.size())) {
      return command;
    }
  }
}

}  // namespace isocache
