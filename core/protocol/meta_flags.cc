#include "protocol/meta_flags.h"

namespace isocache {
namespace {

constexpr MetaFlagInfo kFlags[] = {
#define ISOCACHE_META_FLAG(letter, argument, commands, meaning) \
  {letter, FlagArgument::argument, commands, meaning},
#include "protocol/meta_flags.def"
#undef ISOCACHE_META_FLAG
};

}  // namespace

std::span<const MetaFlagInfo> all_meta_flags() { return kFlags; }

}  // namespace isocache
