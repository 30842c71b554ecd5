#include "simulation/replies.h"

#include <fmt/format.h>

#include <algorithm>

#include "simulation/reply_words.h"

namespace isocache::simulation {
namespace {

bool is_meta(Command command) {
  return command == Command::kMetaGet || command == Command::kMetaStore ||
         command == Command::kMetaDelete || command == Command::kMetaArithmetic;
}

}  // namespace

std::size_t ReplyReader::read(std::string_view bytes, Interval turn, UnixSeconds now_s,
                              LateSince late) {
  turn_ = whole_turn_ = turn;
  late_ = late;
  now_s_ = now_s;
  const std::size_t before = bytes.size();
  while (!journal_.failed() && !bytes.empty()) {
    if (requests.empty()) {
      journal_.fail(
          fmt::format("connection {}: an answer to nothing: {}", connection_, bytes.substr(0, 60)));
      break;
    }
    begin_answer(requests.front());
    const Outcome outcome = next(bytes);
    if (outcome == Outcome::kNeedBytes) break;
    if (outcome == Outcome::kDone) {
      requests.pop_front();
      ++answered_;
    }
  }
  return before - bytes.size();
}

void ReplyReader::begin_answer(const ClientRequest& request) {
  const bool late = late_.time != 0;
  turn_.begin = late ? std::max(late_.time, request.begun_at) : whole_turn_.begin;
  since_s_ = late ? late_.now_s : now_s_;
}

void ReplyReader::answered_now() {
  previous_ = turn_.begin;
  previous_now_s_ = since_s_;
}

Expiry ReplyReader::expiry_of(const ClientRequest& request, bool silent) const {
  if (request.ttl_s == 0) return {};
  return {(silent ? previous_now_s_ : since_s_) + request.ttl_s, now_s_ + request.ttl_s};
}

bool ReplyReader::take_line(std::string_view& bytes, std::string_view& line) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return false;
  line = bytes.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  bytes.remove_prefix(end + 1);
  return true;
}

// A quiet request's reply is recognised by its opaque.
bool ReplyReader::belongs_to_front(std::string_view line) const {
  const std::size_t at = line.find(" O");
  if (at == std::string_view::npos) return false;
  std::uint64_t opaque = 0;
  read_number(line.substr(at + 2, line.find(' ', at + 2) - at - 2), opaque);
  return opaque == requests.front().version;
}

// An error does not say which request it belongs to: any quiet store before the next reply may have
// been refused.
bool ReplyReader::quiet_store_was_refused(std::string_view line) {
  if (!is_no_memory(line) && !line.starts_with("SERVER_ERROR object too large")) return false;
  bool any = false;
  for (ClientRequest& request : requests) {
    if (!request.quiet) break;
    if (request.command != Command::kMetaStore && request.command != Command::kMetaArithmetic)
      continue;
    request.may_be_refused = true;
    any = true;
  }
  return any;
}

ReplyReader::Outcome ReplyReader::next(std::string_view& bytes) {
  ClientRequest& request = requests.front();
  if (request.no_reply) {
    silent(request, silent_interval());
    return Outcome::kDone;
  }
  if (request.command == Command::kGet) return get(request, bytes);
  std::string_view rest = bytes;
  std::string_view line;
  if (!take_line(rest, line)) return Outcome::kNeedBytes;
  if (request.quiet && !belongs_to_front(line)) {
    if (quiet_store_was_refused(line)) {
      bytes = rest;
      return Outcome::kMore;
    }
    silent(request, silent_interval());
    return Outcome::kDone;
  }
  if (request.command == Command::kMetaGet) return meta_get(request, bytes);
  if (is_meta(request.command) && !line.starts_with("SERVER_ERROR") && !belongs_to_front(line)) {
    return unexpected(request, line);
  }
  bytes = rest;
  answered_now();
  switch (request.command) {
    case Command::kStore:
    case Command::kMetaStore: return store(request, line);
    case Command::kDelete:
    case Command::kMetaDelete: return remove(request, line);
    case Command::kTouch: return touch(request, line);
    case Command::kArithmetic:
    case Command::kMetaArithmetic: return arithmetic(request, bytes, line);
    case Command::kNoop: return line == "MN" ? Outcome::kDone : unexpected(request, line);
    case Command::kOneLine:
      return line == "OK" || line.starts_with("VERSION ") || line.starts_with("MEMLIMIT_")
                 ? Outcome::kDone
                 : unexpected(request, line);
    case Command::kFlush:
      if (request.prefix != 0 && line == "SERVER_ERROR too many flushed prefixes") {
        expected_.flushed(request, turn_, false);  // a shard had no memory for it
        return Outcome::kDone;
      }
      if (line != "OK") return unexpected(request, line);
      expected_.flushed(request, turn_, true);
      return Outcome::kDone;
    default: return list(request, line);
  }
}

ReplyReader::Outcome ReplyReader::unexpected(const ClientRequest& request, std::string_view line) {
  journal_.fail(fmt::format("connection {}: command {} (version {}) was answered: {}", connection_,
                            static_cast<int>(request.command), request.version,
                            line.substr(0, 80)));
  return Outcome::kDone;
}

// stats, metadump, mgdump: lines of one kind, then their end. A dump begins with OK.
ReplyReader::Outcome ReplyReader::list(ClientRequest& request, std::string_view line) {
  const bool dump = request.command == Command::kMgdump;
  if (request.next_key++ == 0 && request.command != Command::kStats) {
    return line == "OK" ? Outcome::kMore : unexpected(request, line);
  }
  if (line == (dump ? "EN" : "END")) return Outcome::kDone;
  const std::string_view begin = dump                                 ? "mg "
                                 : request.command == Command::kStats ? "STAT "
                                                                      : "key=";
  return line.starts_with(begin) ? Outcome::kMore : unexpected(request, line);
}

}  // namespace isocache::simulation
