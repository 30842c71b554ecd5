// Bytes in, bytes out: the cost of a request besides the server's system calls.
#include <algorithm>
#include <string>

#include "bench/micro/micro.h"
#include "command/settings.h"
#include "command/single_backend.h"
#include "protocol/binary/frame.h"
#include "session/session.h"

namespace isocache::bench {
namespace {

enum class Kind {
  kGet,
  kMiss,
  kMetaGet,
  kBinaryGet,
  kMultiget,
  kArithmetic,
  kSet,
  kMetaSet,
  kSetOther,
  kSetNew
};

// A reply: how many lines it has, and how the first begins.
struct Expected {
  std::string_view begin;
  std::size_t lines;
};

Expected expected(Kind kind) {
  switch (kind) {
    case Kind::kGet: return {"VALUE key:", 3};
    case Kind::kMiss: return {"END", 1};
    case Kind::kMetaGet: return {"VA 100 t-1 f0 s100", 2};
    case Kind::kBinaryGet: return {"\x81", 1};
    case Kind::kMultiget: return {"VALUE key:", 2};  // for each key; and one END
    case Kind::kArithmetic: return {"VA ", 2};
    case Kind::kMetaSet: return {"HD c", 1};
    case Kind::kSet:
    case Kind::kSetOther:
    case Kind::kSetNew: return {"STORED", 1};
  }
  return {};
}

std::string binary_get(std::string_view key) {
  std::string frame(binary::kHeaderBytes, '\0');
  frame[0] = binary::kRequestMagic;
  binary::write_number(frame.data() + 2, static_cast<std::uint16_t>(key.size()));
  binary::write_number(frame.data() + 8, static_cast<std::uint32_t>(key.size()));
  return frame.append(key);
}

void append_request(std::string& out, Kind kind, std::string_view key, std::size_t value_bytes) {
  const std::string name(key);
  const std::string size = std::to_string(value_bytes);
  const std::string value(value_bytes, 'v');
  switch (kind) {
    case Kind::kGet:
    case Kind::kMiss: out += "get " + name + "\r\n"; return;
    case Kind::kMetaGet: out += "mg " + name + " v t f s\r\n"; return;
    case Kind::kBinaryGet: out += binary_get(name); return;
    case Kind::kMultiget: out += " " + name; return;
    case Kind::kArithmetic: out += "ma " + name + " N0 v\r\n"; return;
    case Kind::kMetaSet: out += "ms " + name + " " + size + " c T0\r\n" + value + "\r\n"; return;
    case Kind::kSet:
    case Kind::kSetOther:
    case Kind::kSetNew: out += "set " + name + " 0 0 " + size + "\r\n" + value + "\r\n"; return;
  }
}

// The replies in a line each, as those of the other protocols are.
std::string binary_lines(std::string_view replies) {
  std::string lines;
  while (replies.size() >= binary::kHeaderBytes) {
    const binary::Header header(replies.data());
    lines += replies.front();
    lines += '\n';
    replies.remove_prefix(std::min(replies.size(), binary::kHeaderBytes + header.body_length()));
  }
  return lines;
}

// A connection: a session over a store of its own backend.
class Client {
 public:
  explicit Client(FilledStore& filled)
      : backend_(filled.store, Settings{}, filled.options.hash_key, FilledStore::kNow_s),
        session_(backend_, clock_, SessionOptions{}) {
    clock_.now_s = FilledStore::kNow_s;
  }

  void send(std::string_view requests) {
    session_.feed(requests);
    while (session_.wants_turn()) session_.resume();
    backend_.release(session_.output());
    session_.output().clear();
  }

  // Ends the program unless each of `count` requests has the right reply.
  void check(std::string_view requests, std::size_t count, Kind kind) {
    session_.feed(requests);
    while (session_.wants_turn()) session_.resume();
    std::size_t lines = 0;
    std::size_t right = 0;
    session_.output().for_each_span([&](std::string_view span) {
      const std::string found = kind == Kind::kBinaryGet ? binary_lines(span) : std::string(span);
      span = found;
      for (; !span.empty(); span.remove_prefix(span.find('\n') + 1)) {
        ++lines;
        if (span.starts_with(expected(kind).begin)) ++right;
      }
    });
    const std::size_t end = kind == Kind::kMultiget ? 1 : 0;
    require(right == count && lines == count * expected(kind).lines + end,
            "each request of a session is answered as its case expects");
    send({});
  }

 private:
  SingleBackend backend_;
  Clock clock_;
  Session session_;
};

// The input of a session is made in advance and lies in memory in order, as in a socket's buffer.
template <Kind kind, std::size_t depth>
class SessionMicro : public Micro {
 public:
  explicit SessionMicro(std::size_t items)
      : filled_(filled_store(items)), keys_(items, first_key(items)), client_(*filled_) {
    // Each key in turn with a size of its own, then with the usual one again.
    if (kind == Kind::kSetOther) make_inputs(kMicroValueBytes / 2, kMicroValueBytes);
    make_inputs(kMicroValueBytes, 0);
  }
  ~SessionMicro() override {
    if (kind != Kind::kSetOther) return;
    for (std::size_t i = 0; i < keys_.size(); ++i) filled_->put(keys_.next(), kMicroValueBytes);
  }

  void run() override { client_.send(next_input()); }
  void check() override {
    const std::uint64_t before = filled_->store.counters().in_place_updates;
    for (std::size_t i = 0; i < ends_.size(); ++i) client_.check(next_input(), depth, kind);
    const std::uint64_t in_place = filled_->store.counters().in_place_updates - before;
    const std::uint64_t all = ends_.size() * depth;
    if (kind == Kind::kSet || kind == Kind::kMetaSet) {
      require(in_place == all, "values of the same size are overwritten in place");
    } else if (kind == Kind::kSetOther) {
      require(in_place < all / 2, "values of other sizes are written elsewhere");
    }
  }

 private:
  // Counters lie behind the keys that a miss asks for.
  static std::uint64_t first_key(std::size_t items) {
    return items * (kind == Kind::kMiss ? 1 : kind == Kind::kArithmetic ? 2 : 0);
  }

  void make_inputs(std::size_t value_bytes, std::size_t more_bytes) {
    for (std::size_t made = 0; made + depth <= keys_.size(); made += depth) {
      if (kind == Kind::kMultiget) text_ += "get";
      for (std::size_t i = 0; i < depth; ++i) {
        const auto more = static_cast<std::size_t>(random_.below(more_bytes));
        append_request(text_, kind, keys_.next(), value_bytes + more);
      }
      if (kind == Kind::kMultiget) text_ += "\r\n";
      ends_.push_back(text_.size());
    }
  }
  std::string_view next_input() {
    if (next_ == ends_.size()) next_ = 0;
    const std::size_t begin = next_ == 0 ? 0 : ends_[next_ - 1];
    return std::string_view(text_).substr(begin, ends_[next_++] - begin);
  }

  std::shared_ptr<FilledStore> filled_;
  DrawnKeys keys_;
  Client client_;
  Random random_{9};
  std::string text_;
  std::vector<std::size_t> ends_;  // of each input
  std::size_t next_ = 0;
};

// Sets of keys that were never stored, into a full store.
template <std::size_t depth>
class SetNew : public Micro {
 public:
  explicit SetNew(std::size_t items) : full_(full_store(items)), client_(*full_) {
    for (std::size_t i = 0; i < depth; ++i) {
      append_request(text_, Kind::kSetNew, full_->new_keys.next(), kMicroValueBytes);
    }
  }
  void run() override {
    renew_keys();
    client_.send(text_);
  }
  void check() override {
    constexpr std::size_t kRuns = 40'000 / depth;  // eviction goes in steps
    const std::uint64_t before = full_->store.counters().evictions;
    for (std::size_t i = 0; i < kRuns; ++i) {
      renew_keys();
      client_.check(text_, depth, Kind::kSetNew);
    }
    const std::uint64_t evictions = full_->store.counters().evictions - before;
    require(evictions > kRuns * depth / 10 * 9, "new keys evict as many others");
  }

 private:
  void renew_keys() {
    constexpr std::size_t kVerbBytes = std::string_view("set ").size();
    const std::size_t request_bytes = text_.size() / depth;
    for (std::size_t i = 0; i < depth; ++i) {
      full_->new_keys.next().copy(text_.data() + i * request_bytes + kVerbBytes, kMicroKeyBytes);
    }
  }

  std::shared_ptr<FullStore> full_;
  Client client_;
  std::string text_;
};

template <typename Case>
std::unique_ptr<Micro> make(std::size_t items) {
  return std::make_unique<Case>(items);
}

}  // namespace

std::vector<MicroCase> session_cases() {
  return {
      {"session/get", 1, make<SessionMicro<Kind::kGet, 1>>},
      {"session/get_batch32", kBatch, make<SessionMicro<Kind::kGet, kBatch>>},
      {"session/get_miss", 1, make<SessionMicro<Kind::kMiss, 1>>},
      {"session/get_miss_batch32", kBatch, make<SessionMicro<Kind::kMiss, kBatch>>},
      {"session/multiget100", 100, make<SessionMicro<Kind::kMultiget, 100>>},
      {"session/mg", 1, make<SessionMicro<Kind::kMetaGet, 1>>},
      {"session/mg_batch32", kBatch, make<SessionMicro<Kind::kMetaGet, kBatch>>},
      {"session/binary_get", 1, make<SessionMicro<Kind::kBinaryGet, 1>>},
      {"session/binary_get_batch32", kBatch, make<SessionMicro<Kind::kBinaryGet, kBatch>>},
      {"session/ma", 1, make<SessionMicro<Kind::kArithmetic, 1>>},
      {"session/ma_batch32", kBatch, make<SessionMicro<Kind::kArithmetic, kBatch>>},
      {"session/set_same_size", 1, make<SessionMicro<Kind::kSet, 1>>},
      {"session/set_same_size_batch32", kBatch, make<SessionMicro<Kind::kSet, kBatch>>},
      {"session/set_other_size", 1, make<SessionMicro<Kind::kSetOther, 1>>},
      {"session/set_other_size_batch32", kBatch, make<SessionMicro<Kind::kSetOther, kBatch>>},
      {"session/ms", 1, make<SessionMicro<Kind::kMetaSet, 1>>},
      {"session/ms_batch32", kBatch, make<SessionMicro<Kind::kMetaSet, kBatch>>},
      {"session/set_evicting", 1, make<SetNew<1>>},
      {"session/set_evicting_batch32", kBatch, make<SetNew<kBatch>>},
  };
}

}  // namespace isocache::bench
