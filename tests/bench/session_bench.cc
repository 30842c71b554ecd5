// Bytes in, bytes out: what a request costs a server beyond its system calls.
#include <algorithm>
#include <string>

#include "bench/micro.h"
#include "command/settings.h"
#include "command/single_backend.h"
#include "session/session.h"

namespace isocache::bench {
namespace {

enum class Kind { kGet, kMiss, kMetaGet, kSet, kMetaSet, kArithmetic, kMultiget };

void append_request(std::string& out, Kind kind, std::string_view key) {
  static const std::string value(kMicroValueBytes, 'v');
  const std::string name(key);
  switch (kind) {
    case Kind::kGet:
    case Kind::kMiss: out += "get " + name + "\r\n"; return;
    case Kind::kMetaGet: out += "mg " + name + " v t f s\r\n"; return;
    case Kind::kSet: out += "set " + name + " 0 0 100\r\n" + value + "\r\n"; return;
    case Kind::kMetaSet: out += "ms " + name + " 100 c T0\r\n" + value + "\r\n"; return;
    case Kind::kArithmetic: out += "ma " + name + " N0 v\r\n"; return;
    case Kind::kMultiget: out += " " + name; return;
  }
}

// One session over a filled store. What it is fed was made beforehand and lies in memory in order,
// as in a socket's buffer.
template <Kind kind, std::size_t depth>
class SessionMicro : public Micro {
 public:
  explicit SessionMicro(std::size_t items)
      : filled_(filled_store(items)),
        backend_(filled_->store, Settings{}, filled_->options.hash_seed, FilledStore::kNow_s),
        session_(backend_, clock_, SessionOptions{}) {
    clock_.now_s = FilledStore::kNow_s;
    // Counters are few, so that the store stays as full as it was.
    const bool others = kind == Kind::kMiss || kind == Kind::kArithmetic;
    DrawnKeys keys(kind == Kind::kArithmetic ? kBatch * 8 : items, others ? items : 0);
    for (std::size_t made = 0; made < std::min(items, kMaxRequests); made += depth) {
      std::string batch(kind == Kind::kMultiget ? "get" : "");
      for (std::size_t i = 0; i < depth; ++i) append_request(batch, kind, keys.next());
      if (kind == Kind::kMultiget) batch += "\r\n";
      inputs_.push_back(std::move(batch));
    }
  }

  void run() override {
    if (next_ == inputs_.size()) next_ = 0;
    session_.feed(inputs_[next_++]);
    while (session_.wants_turn()) session_.resume();
    backend_.release(session_.output());
    session_.output().clear();
  }

 private:
  // Their items are more than fits into a cache, if the store has that many.
  static constexpr std::size_t kMaxRequests = 200'000;

  std::shared_ptr<FilledStore> filled_;
  SingleBackend backend_;
  Clock clock_;
  Session session_;
  std::vector<std::string> inputs_;
  std::size_t next_ = 0;
};

template <Kind kind, std::size_t depth>
MicroCase make_case(const char* name) {
  return {name, depth, [](std::size_t items) -> std::unique_ptr<Micro> {
            return std::make_unique<SessionMicro<kind, depth>>(items);
          }};
}

}  // namespace

std::vector<MicroCase> session_cases() {
  return {
      make_case<Kind::kGet, 1>("session/get"),
      make_case<Kind::kGet, kBatch>("session/get_batch32"),
      make_case<Kind::kMiss, kBatch>("session/get_miss_batch32"),
      make_case<Kind::kMetaGet, 1>("session/mg"),
      make_case<Kind::kMetaGet, kBatch>("session/mg_batch32"),
      make_case<Kind::kMultiget, 100>("session/multiget100"),
      make_case<Kind::kArithmetic, kBatch>("session/ma_batch32"),
      make_case<Kind::kSet, 1>("session/set"),
      make_case<Kind::kSet, kBatch>("session/set_batch32"),
      make_case<Kind::kMetaSet, kBatch>("session/ms_batch32"),
  };
}

}  // namespace isocache::bench
