// All items as a long answer, made a slice at a time: lru_crawler metadump and mgdump, and
// `stats cachedump`. Of each shard first the items in memory, then those that only its tier has.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "command/admin/target.h"
#include "command/backend.h"

namespace isocache {

enum class DumpFormat : std::uint8_t { kMetadump, kMgdump, kCachedump };

struct DumpOptions {
  DumpFormat format = DumpFormat::kMetadump;
  std::uint64_t classes = ~std::uint64_t{0};  // bit c: items shown as class c
  std::uint64_t max_items = ~std::uint64_t{0};
};

// REQUIRES: `target` and `waker` outlive the stream. `waker`: as in Backend::administer().
std::unique_ptr<ReplyStream> make_dump(AdminTarget& target, const DumpOptions& options,
                                       Waker* waker);

// Parses "all", "hash" or "1,3,5" as a set of classes. Returns false if one of them is not a class.
bool parse_classes(std::string_view text, std::uint64_t* classes);

}  // namespace isocache
