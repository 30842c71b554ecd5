#include "command/admin/dump.h"

#include "command/wording/item_text.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"
#include "protocol/write.h"

namespace isocache {
namespace {

// How many items a slice visits under one shard's lock: some microseconds.
constexpr std::size_t kItemsPerSlice = 32;
// The range of memcached's class ids.
constexpr std::uint64_t kMaxClass = 63;

class Dump : public ReplyStream, private ItemVisitor {
 public:
  Dump(AdminTarget& target, const DumpOptions& options) : target_(target), options_(options) {}

  Next produce(Output& out, const Clock& clock) override {
    if (shard_ < target_.shard_count() && options_.max_items != 0) {
      out_ = &out;
      clock_ = clock;
      cursor_ = target_.scan(shard_, cursor_, kItemsPerSlice, clock.now_s, *this);
      if (cursor_ == 0) ++shard_;
      return Next::kMore;
    }
    out.append(options_.format == DumpFormat::kMgdump ? "EN\r\n" : reply::kEnd);
    return Next::kEnd;
  }

 private:
  void visit(const ItemView& item) override {
    if ((options_.classes >> shown_class(item) & 1U) == 0 || options_.max_items == 0) return;
    --options_.max_items;
    switch (options_.format) {
      case DumpFormat::kMetadump: metadump_line(item); break;
      case DumpFormat::kMgdump: mgdump_line(item); break;
      case DumpFormat::kCachedump: cachedump_line(item); break;
    }
  }

  void metadump_line(const ItemView& item) {
    out_->append("key=");
    append_uri_encoded(item.key(), *out_);
    out_->append(" exp=");
    append_exptime(item, "-1");
    out_->append(" la=");
    append_u64(*out_, clock_.wall(item.last_access()));
    append_item_facts(item, target_.settings().cas_enabled, *out_);
    out_->append(" flags=");
    append_u64(*out_, item.client_flags());
    out_->append(" \n");
  }

  void mgdump_line(const ItemView& item) {
    out_->append("mg ");
    append_wire_key(item, *out_);
    out_->append(item.has(kBinaryKey) ? " b\r\n" : "\r\n");
  }

  void cachedump_line(const ItemView& item) {
    out_->append("ITEM ");
    append_printable(item.key(), *out_);
    out_->append(" [");
    append_u64(*out_, item.value_length());
    out_->append(" b; ");
    append_exptime(item, "0");
    out_->append(" s]\r\n");
  }

  void append_exptime(const ItemView& item, std::string_view never) {
    if (item.exptime() == 0) {
      out_->append(never);
    } else {
      append_u64(*out_, clock_.wall(item.exptime()));
    }
  }

  AdminTarget& target_;
  DumpOptions options_;
  Output* out_ = nullptr;
  Clock clock_;
  unsigned shard_ = 0;
  std::uint64_t cursor_ = 0;
};

}  // namespace

std::unique_ptr<ReplyStream> make_dump(AdminTarget& target, const DumpOptions& options) {
  return std::make_unique<Dump>(target, options);
}

bool parse_classes(std::string_view text, std::uint64_t* classes) {
  if (text == "all" || text == "hash") {
    *classes = ~std::uint64_t{0};
    return true;
  }
  *classes = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    std::uint64_t id = 0;
    if (!parse_u64(text.substr(0, comma), id) || id == 0 || id > kMaxClass) return false;
    *classes |= std::uint64_t{1} << id;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace isocache
