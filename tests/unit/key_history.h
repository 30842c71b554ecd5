// What a key may answer while several clients change it. Each request takes effect at one moment
// between its begin and its reply, and the item may vanish at any moment. It never comes back.
//
// A request may be refused for want of memory. The history keeps all states in which the key can
// be, given the replies so far. A reply that fits none of them is wrong: another key's value, an
// older value, or a change that was lost or made twice.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace isocache {

struct ItemState {
  bool present = false;
  bool stale = false;
  bool win_sent = false;
  std::string value{};
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
  UnixSeconds exptime = 0;

  bool operator==(const ItemState&) const = default;
};

struct KeyRequest {
  enum class Kind : std::uint8_t {
    kGet,          // mg v f c s t
    kTextGet,      // get
    kGetAndTouch,  // mg T
    kVivify,       // mg N
    kSet,
    kAdd,
    kReplace,
    kAppend,
    kPrepend,
    kCompareAndSet,
    kDelete,
    kQuietDelete,  // and mn
    kTextQuietDelete,
    kCompareAndDelete,
    kMarkStale,
    kEmpty,  // md x
    kAdd1,   // ma
    kTouch,
    kFlush,
    kFlushPrefix,
  };
  Kind kind = Kind::kGet;
  std::string key{};
  std::string value{};
  std::uint32_t client_flags = 0;
  std::uint32_t ttl_s = 0;
  std::uint64_t cas = 0;  // that the item gets
  std::uint64_t compare_cas = 0;

  std::string wire() const;
};

struct Replied {
  std::string reply;
  ItemState after;
};
// What a request does to an item, and answers.
Replied apply(const KeyRequest& request, const ItemState& before, UnixSeconds now_s);

class KeyHistory {
 public:
  // `client`: requests of one client take effect in order.
  void begin(int id, int client, const KeyRequest& request);
  // The host gave up waiting: a miss is an answer, also if the item is there. A change is then not
  // made. But nobody may read what a client has deleted.
  void give_up(int id);
  // False: the reply cannot be.
  bool end(int id, const std::string& reply, UnixSeconds now_s);
  // There is no reply: the client has left.
  void abandon(int id, UnixSeconds now_s);
  void expire(UnixSeconds now_s);
  std::string describe() const;

 private:
  struct Pending {
    int client = 0;
    KeyRequest request;
    bool given_up = false;
  };
  struct Possible {
    ItemState state;
    std::map<int, std::string> replies;  // of the requests that took effect

    bool operator==(const Possible&) const = default;
  };
  // Everything that may have happened by now.
  void explore(UnixSeconds now_s);
  void take_effect(const Possible& from, int id, UnixSeconds now_s);
  void add(Possible possible);
  void note(int id, const std::string& what);
  void forget(int id);

  std::map<int, Pending> pending_;
  std::vector<Possible> possible_{Possible{}};
  std::deque<std::string> last_events_;
};

}  // namespace isocache
