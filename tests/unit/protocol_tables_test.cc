// The .def tables: commands.def and meta_flags.def.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "protocol/commands.h"
#include "protocol/meta_flags.h"

namespace isocache {
namespace {

TEST(Commands, EveryOneIsFoundByItsNameOnly) {
  for (std::size_t i = 0; i < all_commands().size(); ++i) {
    const CommandInfo& info = all_commands()[i];
    EXPECT_EQ(static_cast<std::size_t>(find_command(info.name)), i) << info.name;
    EXPECT_EQ(family_of(find_command(info.name)), info.family);
    EXPECT_FALSE(info.meaning.empty()) << info.name;
    EXPECT_EQ(find_command(std::string(info.name) + "x"), Command::kUnknown) << info.name;
    EXPECT_EQ(find_command(info.name.substr(0, 1)), Command::kUnknown);
  }
}

TEST(Commands, CaseMattersAndJunkIsUnknown) {
  for (const char* verb : {"", "G", "GET", "Get", "mgg", "m", "bogus", "getss", "\xff\xff"}) {
    EXPECT_EQ(find_command(verb), Command::kUnknown) << verb;
  }
  EXPECT_EQ(family_of(Command::kUnknown), CommandFamily::kUnknown);
}

TEST(MetaFlags, LettersAreUniqueAndAllKnown) {
  std::set<char> letters;
  std::uint64_t bits = 0;
  for (const MetaFlagInfo& flag : all_meta_flags()) {
    EXPECT_TRUE(letters.insert(flag.letter).second) << flag.letter;
    EXPECT_FALSE(flag.meaning.empty()) << flag.letter;
    bits |= 1ULL << meta_flag_bit(flag.letter);
  }
  EXPECT_EQ(bits, kKnownMetaFlags);
  EXPECT_EQ(meta_flag_bit('!'), 64U);
  EXPECT_EQ(meta_flag_bit('\xe9'), 64U);
}

}  // namespace
}  // namespace isocache
