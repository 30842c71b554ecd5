// The replies of commands that write.
#include <fmt/format.h>

#include <charconv>

#include "simulation/replies.h"
#include "simulation/reply_words.h"

namespace isocache::simulation {
namespace {

std::string_view code_of(std::string_view line) { return line.substr(0, line.find(' ')); }

bool joins(const ClientRequest& request) {
  return request.mode == Mode::kAppend || request.mode == Mode::kPrepend;
}

}  // namespace

// The request had no reply, which means success, or nothing at all.
void ReplyReader::silent(ClientRequest& request, Interval when) {
  Oracle& oracle = expected_.oracle;
  switch (request.command) {
    case Command::kMetaGet: missed(request, request.key(), when); break;
    case Command::kStore:
      oracle.end(request.key(), request.version, Effect::kMaybe, when, expiry_of(request, true));
      break;
    case Command::kMetaStore: {
      const Effect effect = request.may_be_refused ? Effect::kMaybe : Effect::kApplied;
      oracle.end(request.key(), request.version, effect, when, expiry_of(request, true));
      if (request.mode == Mode::kCas && effect == Effect::kApplied) {
        oracle.still_current(request.key(), request.cas_base, when);
      }
      break;
    }
    case Command::kDelete:
    case Command::kMetaDelete:
      if (use_of(request.key()) == KeyUse::kNumber) {
        expected_.numbers.may_be_reset(request.key(), when);
      } else {
        const Effect effect = request.given_up ? Effect::kMaybe : Effect::kApplied;
        oracle.end(request.key(), request.version, effect, when, {});
      }
      break;
    case Command::kTouch:
      oracle.end(request.key(), request.version, Effect::kMaybe, when, expiry_of(request, true));
      break;
    case Command::kArithmetic:
    case Command::kMetaArithmetic: expected_.numbers.may_be_reset(request.key(), when); break;
    case Command::kFlush: expected_.flushed(request, when, true); break;
    default: break;
  }
}

ReplyReader::Outcome ReplyReader::store(ClientRequest& request, std::string_view line) {
  const bool text = request.command == Command::kStore;
  Oracle& oracle = expected_.oracle;
  const KeyId key = request.key();
  const std::string_view code = text ? line : code_of(line);
  if (is_no_memory(line) || line == "SERVER_ERROR object too large for cache") {
    if (is_no_memory(line)) expected_.refused(key, request.length, turn_);
    oracle.refused(key, request.version, turn_, request.mode == Mode::kSet);
    return Outcome::kDone;
  }
  if (code == (text ? "STORED" : "HD")) {
    oracle.end(key, request.version, Effect::kApplied, turn_, expiry_of(request, false));
    if (request.mode == Mode::kCas) oracle.still_current(key, request.cas_base, turn_);
    return Outcome::kDone;
  }
  const bool not_stored = code == (text ? "NOT_STORED" : "NS");
  const bool exists = code == (text ? "EXISTS" : "EX");
  const bool not_found = code == (text ? "NOT_FOUND" : "NF");
  // the item was missing, or the values do not fit together: then it may be gone
  if (not_stored && joins(request)) {
    oracle.refused(key, request.version, turn_, false);
    return Outcome::kDone;
  }
  oracle.end(key, request.version, Effect::kNone, turn_, {});
  if (request.given_up && (not_stored || not_found)) return Outcome::kDone;
  if (not_stored && request.mode == Mode::kAdd) return Outcome::kDone;
  if ((not_stored && request.mode == Mode::kReplace) || (not_found && request.mode == Mode::kCas)) {
    oracle.miss(key, turn_, now_s_);
    return Outcome::kDone;
  }
  return exists && request.mode == Mode::kCas ? Outcome::kDone : unexpected(request, line);
}

ReplyReader::Outcome ReplyReader::remove(ClientRequest& request, std::string_view line) {
  const bool text = request.command == Command::kDelete;
  const std::string_view code = text ? line : code_of(line);
  const bool found = code == (text ? "DELETED" : "HD");
  if (!found && code != (text ? "NOT_FOUND" : "NF")) return unexpected(request, line);
  if (use_of(request.key()) == KeyUse::kNumber) {
    expected_.numbers.may_be_reset(request.key(), turn_);
    return Outcome::kDone;
  }
  if (!found && !request.given_up) expected_.oracle.miss(request.key(), turn_, now_s_);
  expected_.oracle.end(request.key(), request.version, found ? Effect::kApplied : Effect::kNone,
                       turn_, {});
  return Outcome::kDone;
}

ReplyReader::Outcome ReplyReader::touch(ClientRequest& request, std::string_view line) {
  const bool found = line == "TOUCHED";
  if (!found && line != "NOT_FOUND") return unexpected(request, line);
  expected_.oracle.end(request.key(), request.version, found ? Effect::kApplied : Effect::kNone,
                       turn_, expiry_of(request, false));
  if (!found && !request.given_up) expected_.oracle.miss(request.key(), turn_, now_s_);
  return Outcome::kDone;
}

ReplyReader::Outcome ReplyReader::arithmetic(ClientRequest& request, std::string_view& bytes,
                                             std::string_view line) {
  const KeyId key = request.key();
  const bool text = request.command == Command::kArithmetic;
  const std::string_view code = text ? line : code_of(line);
  if (is_no_memory(line)) {
    expected_.refused(key, 0, turn_);
    expected_.numbers.may_be_reset(key, turn_);
    return Outcome::kDone;
  }
  if (code == (text ? "NOT_FOUND" : "NF")) {
    expected_.numbers.may_be_reset(key, turn_);
    return Outcome::kDone;
  }
  if (code == "HD") {  // the reply does not say whether the item was created
    expected_.numbers.may_be_reset(key, turn_);
    return request.return_value ? unexpected(request, line) : Outcome::kDone;
  }
  std::string_view digits = line;
  if (!text) {
    if (code != "VA" || !take_line(bytes, digits)) return unexpected(request, line);
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return unexpected(request, digits);
  }
  expected_.numbers.result(key, number, turn_);
  return Outcome::kDone;
}

void ReplyReader::abandon(Time now, bool late) {
  const Interval when{previous_, now};
  bool may_be_executed = true;
  for (ClientRequest& request : requests) {
    if (!request.begun) break;
    const bool hushed = request.no_reply || request.quiet;
    may_be_executed = may_be_executed && (hushed || late);
    const Effect effect = may_be_executed ? Effect::kMaybe : Effect::kNone;
    if (request.command == Command::kFlush && may_be_executed) {
      expected_.flushed(request, when, false);
    }
    for (const KeyId key : request.keys) {
      if (use_of(key) == KeyUse::kNumber) {
        if (may_be_executed) expected_.numbers.may_be_reset(key, when);
      } else {
        expected_.oracle.end(key, request.version, effect, when, expiry_of(request, true));
      }
    }
  }
  requests.clear();
}

}  // namespace isocache::simulation
