// The commands of commands.def as an enum, and the lookup of a verb. The table's other columns
// (tokens, keys, texts) are in protocol/tables.h; no request needs them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace isocache {

enum class Command : std::uint8_t {
#define ISOCACHE_COMMAND(verb, ...) k_##verb,
#include "protocol/commands.def"
  kUnknown,
};

// Which parser reads the rest of the line.
enum class CommandFamily : std::uint8_t {
  kRetrieval,
  kGetAndTouch,
  kStorage,
  kArithmetic,
  kTouch,
  kDelete,
  kMetaGet,
  kMetaSet,
  kMetaDelete,
  kMetaArithmetic,
  kMetaDebug,
  kMetaNoop,
  kAdmin,
  kUnknown,
};

struct CommandInfo {
  std::string_view name;
  CommandFamily family;
};

// In the order of commands.def, indexed by Command.
std::span<const CommandInfo> all_commands();
// Case matters. Returns Command::kUnknown if there is no such command.
Command find_command(std::string_view verb);

inline CommandFamily family_of(Command command) {
  return command == Command::kUnknown ? CommandFamily::kUnknown
                                      : all_commands()[static_cast<std::size_t>(command)].family;
}

}  // namespace isocache
