#include "unit/key_history.h"

#include <algorithm>
#include <utility>

namespace isocache {
namespace {

using Kind = KeyRequest::Kind;

constexpr std::size_t kShown = 60;  // bytes of what was said

std::string number(std::uint64_t n) { return std::to_string(n); }

std::string value_reply(const ItemState& item, const std::string& flags) {
  return "VA " + number(item.value.size()) + flags + "\r\n" + item.value + "\r\n";
}

std::string text_value_reply(const KeyRequest& request, const ItemState& item) {
  return "VALUE " + request.key + " " + number(item.client_flags) + " " +
         number(item.value.size()) + "\r\n" + item.value + "\r\nEND\r\n";
}

// W: it is for this client to recache. Z: somebody else does. X: the value is stale.
std::string win(ItemState& item) {
  const bool sent = std::exchange(item.win_sent, item.win_sent || item.stale);
  if (sent) return item.stale ? " Z X" : " Z";
  return item.stale ? " X W" : "";
}

std::string ttl(const ItemState& item, UnixSeconds now_s) {
  return item.exptime == 0 ? "-1" : number(item.exptime - now_s);
}

UnixSeconds exptime_of(const KeyRequest& request, UnixSeconds now_s) {
  return request.ttl_s == 0 ? 0 : now_s + request.ttl_s;
}

std::string missed(Kind kind) {
  switch (kind) {
    case Kind::kGet:
    case Kind::kGetAndTouch:
    case Kind::kVivify: return "EN\r\n";
    case Kind::kTextGet: return "END\r\n";
    case Kind::kAdd:
    case Kind::kReplace:
    case Kind::kAppend:
    case Kind::kPrepend: return "NS\r\n";
    case Kind::kQuietDelete: return "NF\r\nMN\r\n";
    case Kind::kTextQuietDelete: return "MN\r\n";
    case Kind::kTouch: return "NOT_FOUND\r\n";
    default: return "NF\r\n";
  }
}

bool deletes(Kind kind) {
  return kind == Kind::kDelete || kind == Kind::kQuietDelete || kind == Kind::kTextQuietDelete ||
         kind == Kind::kMarkStale || kind == Kind::kEmpty;
}

bool stores(Kind kind) {
  return kind == Kind::kSet || kind == Kind::kAdd || kind == Kind::kReplace ||
         kind == Kind::kAppend || kind == Kind::kPrepend || kind == Kind::kCompareAndSet ||
         kind == Kind::kVivify || kind == Kind::kAdd1 || kind == Kind::kEmpty;
}

ItemState stored(const KeyRequest& request, UnixSeconds now_s) {
  return {.present = true,
          .value = request.value,
          .client_flags = request.client_flags,
          .cas = request.cas,
          .exptime = exptime_of(request, now_s)};
}

Replied apply_to_none(const KeyRequest& request, UnixSeconds now_s) {
  switch (request.kind) {
    case Kind::kSet:
    case Kind::kAdd: return {"HD\r\n", stored(request, now_s)};
    case Kind::kVivify: {
      ItemState made = stored(request, now_s);
      made.win_sent = true;
      return {value_reply(made, " c" + number(made.cas) + " f0 W"), made};
    }
    default: return {missed(request.kind), {}};
  }
}

Replied apply_store(const KeyRequest& request, ItemState item, UnixSeconds now_s) {
  switch (request.kind) {
    case Kind::kAdd: return {"NS\r\n", std::move(item)};
    case Kind::kCompareAndSet:
      if (item.cas != request.compare_cas) return {"EX\r\n", std::move(item)};
      break;
    case Kind::kAppend:
    case Kind::kPrepend:
      item.value =
          request.kind == Kind::kAppend ? item.value + request.value : request.value + item.value;
      item.cas = request.cas;
      item.stale = item.win_sent = false;
      return {"HD\r\n", std::move(item)};
    default: break;
  }
  return {"HD\r\n", stored(request, now_s)};
}

Replied apply_delete(const KeyRequest& request, ItemState item, UnixSeconds now_s) {
  switch (request.kind) {
    case Kind::kCompareAndDelete:
      if (item.cas != request.compare_cas) return {"EX\r\n", std::move(item)};
      break;
    case Kind::kMarkStale:
      item.stale = true;
      item.win_sent = false;
      item.cas = request.cas;
      item.exptime = exptime_of(request, now_s);
      return {"HD\r\n", std::move(item)};
    case Kind::kEmpty: return {"HD\r\n", {.present = true, .cas = request.cas}};
    case Kind::kQuietDelete:
    case Kind::kTextQuietDelete: return {"MN\r\n", {}};
    default: break;
  }
  return {"HD\r\n", {}};
}

}  // namespace

std::string KeyRequest::wire() const {
  const auto with_value = [&](const std::string& flags) {
    return "ms " + key + " " + number(value.size()) + flags + " E" + number(cas) + "\r\n" + value +
           "\r\n";
  };
  const std::string fields = " F" + number(client_flags) + " T" + number(ttl_s);
  switch (kind) {
    case Kind::kGet: return "mg " + key + " v f c s t\r\n";
    case Kind::kTextGet: return "get " + key + "\r\n";
    case Kind::kGetAndTouch: return "mg " + key + " v c T" + number(ttl_s) + "\r\n";
    case Kind::kVivify:
      return "mg " + key + " v c f N" + number(ttl_s) + " E" + number(cas) + "\r\n";
    case Kind::kSet: return with_value(fields);
    case Kind::kAdd: return with_value(fields + " ME");
    case Kind::kReplace: return with_value(fields + " MR");
    case Kind::kAppend: return with_value(" MA");
    case Kind::kPrepend: return with_value(" MP");
    case Kind::kCompareAndSet: return with_value(fields + " C" + number(compare_cas));
    case Kind::kDelete: return "md " + key + "\r\n";
    case Kind::kQuietDelete: return "md " + key + " q\r\nmn\r\n";
    case Kind::kTextQuietDelete: return "delete " + key + " noreply\r\nmn\r\n";
    case Kind::kCompareAndDelete: return "md " + key + " C" + number(compare_cas) + "\r\n";
    case Kind::kMarkStale:
      return "md " + key + " I T" + number(ttl_s) + " E" + number(cas) + "\r\n";
    case Kind::kEmpty: return "md " + key + " x E" + number(cas) + "\r\n";
    case Kind::kAdd1: return "ma " + key + " v c E" + number(cas) + "\r\n";
    case Kind::kTouch: return "touch " + key + " " + number(ttl_s) + "\r\n";
    case Kind::kFlush: return "flush_all\r\n";
    case Kind::kFlushPrefix: return "flush_prefix key\r\n";
  }
  return {};
}

Replied apply(const KeyRequest& request, const ItemState& before, UnixSeconds now_s) {
  if (request.kind == Kind::kFlush || request.kind == Kind::kFlushPrefix) return {"OK\r\n", {}};
  if (!before.present) return apply_to_none(request, now_s);
  ItemState item = before;
  switch (request.kind) {
    case Kind::kGet: {
      const std::string flags = " f" + number(item.client_flags) + " c" + number(item.cas) + " s" +
                                number(item.value.size()) + " t" + ttl(item, now_s) + win(item);
      return {value_reply(item, flags), item};
    }
    case Kind::kTextGet: return {text_value_reply(request, item), item};
    case Kind::kGetAndTouch: {
      item.exptime = exptime_of(request, now_s);
      const std::string flags = " c" + number(item.cas) + win(item);
      return {value_reply(item, flags), item};
    }
    case Kind::kVivify: {
      const std::string flags =
          " c" + number(item.cas) + " f" + number(item.client_flags) + win(item);
      return {value_reply(item, flags), item};
    }
    case Kind::kAdd1:
      item.value = number(std::stoull(item.value) + 1);
      item.cas = request.cas;
      return {value_reply(item, " c" + number(item.cas)), item};
    case Kind::kTouch: item.exptime = exptime_of(request, now_s); return {"TOUCHED\r\n", item};
    case Kind::kDelete:
    case Kind::kQuietDelete:
    case Kind::kTextQuietDelete:
    case Kind::kCompareAndDelete:
    case Kind::kMarkStale:
    case Kind::kEmpty: return apply_delete(request, std::move(item), now_s);
    default: return apply_store(request, std::move(item), now_s);
  }
}

void KeyHistory::begin(int id, int client, const KeyRequest& request) {
  pending_[id] = {client, request};
  note(id, "client " + std::to_string(client) + ": " + request.wire().substr(0, kShown));
}

void KeyHistory::give_up(int id) {
  pending_.at(id).given_up = true;
  note(id, "is given up");
}

void KeyHistory::note(int id, const std::string& what) {
  constexpr std::size_t kMostEvents = 30;
  last_events_.push_back("  " + number(static_cast<std::uint64_t>(id)) + " " + what + "\n");
  if (last_events_.size() > kMostEvents) last_events_.pop_front();
}

void KeyHistory::add(Possible possible) {
  if (std::find(possible_.begin(), possible_.end(), possible) != possible_.end()) return;
  possible_.push_back(std::move(possible));
}

void KeyHistory::take_effect(const Possible& from, int id, UnixSeconds now_s) {
  const Pending& pending = pending_.at(id);
  const Kind kind = pending.request.kind;
  const auto add_with = [&](const ItemState& state, const std::string& reply) {
    Possible next = from;
    next.state = state;
    next.replies[id] = reply;
    add(std::move(next));
  };
  const Replied replied = apply(pending.request, from.state, now_s);
  add_with(replied.after, replied.reply);
  if (pending.given_up && !deletes(kind)) add_with(from.state, missed(kind));
  if (kind == Kind::kFlushPrefix) add_with(from.state, "SERVER_ERROR");
  if (!stores(kind)) return;
  add_with(kind == Kind::kSet ? ItemState{} : from.state, "SERVER_ERROR");
  if (kind == Kind::kAppend || kind == Kind::kPrepend || kind == Kind::kVivify) {
    add_with(from.state, missed(kind));
  }
}

void KeyHistory::explore(UnixSeconds now_s) {
  for (std::size_t at = 0; at < possible_.size(); ++at) {
    const Possible from = possible_[at];
    if (from.state.present) add({{}, from.replies});
    for (const auto& [id, pending] : pending_) {
      if (from.replies.contains(id)) continue;
      const int client = pending.client;
      const bool waits = std::any_of(pending_.begin(), pending_.find(id), [&](const auto& other) {
        return other.second.client == client && !from.replies.contains(other.first);
      });
      if (!waits) take_effect(from, id, now_s);
    }
  }
}

bool KeyHistory::end(int id, const std::string& reply, UnixSeconds now_s) {
  note(id, "gets " + reply.substr(0, kShown));
  explore(now_s);
  const std::string said = reply.starts_with("SERVER_ERROR") ? "SERVER_ERROR" : reply;
  std::vector<Possible> before = possible_;
  std::erase_if(possible_, [&](const Possible& possible) {
    const auto found = possible.replies.find(id);
    return found == possible.replies.end() || found->second != said;
  });
  if (possible_.empty()) {
    possible_ = std::move(before);
    return false;
  }
  forget(id);
  return true;
}

void KeyHistory::abandon(int id, UnixSeconds now_s) {
  note(id, "is abandoned");
  explore(now_s);
  forget(id);
}

void KeyHistory::forget(int id) {
  pending_.erase(id);
  std::vector<Possible> all = std::exchange(possible_, {});
  for (Possible& possible : all) {
    possible.replies.erase(id);
    add(std::move(possible));
  }
}

void KeyHistory::expire(UnixSeconds now_s) {
  std::vector<Possible> all = std::exchange(possible_, {});
  for (Possible& possible : all) {
    if (possible.state.exptime != 0 && possible.state.exptime <= now_s) possible.state = {};
    add(std::move(possible));
  }
}

std::string KeyHistory::describe() const {
  std::string text;
  for (const std::string& event : last_events_) text += event;
  for (const Possible& possible : possible_) {
    const ItemState& state = possible.state;
    text += state.present
                ? "  may be " + state.value.substr(0, 40) + " (" + number(state.value.size()) +
                      " bytes) f" + number(state.client_flags) + " c" + number(state.cas) + " e" +
                      number(state.exptime) + (state.stale ? " stale" : "") +
                      (state.win_sent ? " won" : "")
                : std::string("  may be gone");
    for (const auto& [id, reply] : possible.replies) {
      text += " | " + number(static_cast<std::uint64_t>(id)) + ": " + reply.substr(0, 20);
    }
    text += "\n";
  }
  for (const auto& [id, pending] : pending_) {
    text += "  pending " + number(static_cast<std::uint64_t>(id)) + ": " +
            pending.request.wire().substr(0, 60) + "\n";
  }
  return text;
}

}  // namespace isocache
