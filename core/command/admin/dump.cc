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
  Dump(AdminTarget& target, const DumpOptions& options, Waker* waker)
      : target_(target), options_(options), waker_(waker) {}
  ~Dump() override { end_listing(); }

  Next produce(Output& out, const Clock& clock) override {
    out_ = &out;
    clock_ = clock;
    if (shard_ < target_.shard_count() && options_.max_items != 0) {
      return in_tier_ ? list_tier() : list_memory();
    }
    out.append(options_.format == DumpFormat::kMgdump ? "EN\r\n" : reply::kEnd);
    return Next::kEnd;
  }

 private:
  Next list_memory() {
    cursor_ = target_.scan(shard_, cursor_, kItemsPerSlice, clock_.now_s, *this);
    in_tier_ = cursor_ == 0;
    return Next::kMore;
  }

  Next list_tier() {
    ListNext next = ListNext::kGoOn;
    while (next == ListNext::kGoOn && options_.max_items != 0) {
      next = target_.list_tier(shard_, listing_, clock_.now_s, *this, waker_);
    }
    if (next == ListNext::kLater) return Next::kLater;
    if (next == ListNext::kMore) return Next::kMore;
    end_listing();
    in_tier_ = false;
    ++shard_;
    return Next::kMore;
  }

  void end_listing() {
    if (listing_ != nullptr) target_.end_tier_listing(shard_, listing_);
    listing_ = nullptr;
  }

  bool is_full() const override { return out_->full(); }

  void visit(const ListedItem& item) override {
    if ((options_.classes >> shown_class(item) & 1U) == 0 || options_.max_items == 0) return;
    --options_.max_items;
    switch (options_.format) {
      case DumpFormat::kMetadump: metadump_line(item); break;
      case DumpFormat::kMgdump: mgdump_line(item); break;
      case DumpFormat::kCachedump: cachedump_line(item); break;
    }
  }

  void metadump_line(const ListedItem& item) {
    out_->append("key=");
    append_uri_encoded(item.key, *out_);
    out_->append(" exp=");
    append_exptime(item, "-1");
    out_->append(" la=");
    append_u64(*out_, clock_.wall(item.last_access));
    append_item_facts(item, target_.settings().cas_enabled, *out_);
    out_->append(" flags=");
    append_u64(*out_, item.client_flags);
    out_->append(" ");
    if (item.place) append_place(*item.place);
    out_->append("\n");
  }

  void append_place(const TierPlace& place) {
    out_->append("ext_page=");
    append_u64(*out_, place.page);
    out_->append(" ext_offset=");
    append_u64(*out_, place.offset);
  }

  void mgdump_line(const ListedItem& item) {
    out_->append("mg ");
    append_wire_key(item.key, item.bits, *out_);
    out_->append(item.has(kBinaryKey) ? " b\r\n" : "\r\n");
  }

  void cachedump_line(const ListedItem& item) {
    out_->append("ITEM ");
    append_printable(item.key, *out_);
    out_->append(" [");
    append_u64(*out_, item.value_length);
    out_->append(" b; ");
    append_exptime(item, "0");
    out_->append(" s]\r\n");
  }

  void append_exptime(const ListedItem& item, std::string_view never) {
    if (item.exptime == 0) {
      out_->append(never);
    } else {
      append_u64(*out_, clock_.wall(item.exptime));
    }
  }

  AdminTarget& target_;
  DumpOptions options_;
  Output* out_ = nullptr;
  Clock clock_;
  Waker* waker_;
  unsigned shard_ = 0;
  std::uint64_t cursor_ = 0;  // in the shard's memory
  bool in_tier_ = false;      // its memory is done
  TierListing* listing_ = nullptr;
};

}  // namespace

std::unique_ptr<ReplyStream> make_dump(AdminTarget& target, const DumpOptions& options,
                                       Waker* waker) {
  return std::make_unique<Dump>(target, options, waker);
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
