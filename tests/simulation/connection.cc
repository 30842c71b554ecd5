#include "simulation/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace isocache::simulation {
namespace {

constexpr std::size_t kKeptOutputBytes = 64U << 10;
constexpr std::size_t kBeyondWindowBytes = 2048;
// So many turns without a late reply: the host waits for none any longer.
constexpr unsigned kLateTurns = 12;

}  // namespace

Connection::Connection(unsigned id, SimulatedBackend& backend, const Clock& clock,
                       const SessionOptions& session, const SocketOptions& socket, Journal& journal,
                       Expectations& expected, Random& random)
    : id_(id),
      backend_(backend),
      clock_(clock),
      session_options_(session),
      socket_(socket),
      journal_(journal),
      expected_(expected),
      random_(random),
      session_(std::make_unique<Session>(backend.front(), clock, session, this)),
      replies_(journal, expected, id) {
  journal_.note("opens", id_);
}

void Connection::leave() {
  in_turn = true;  // others act in the meantime
  turn_begin = journal_.next();
  const bool late = session_->late() != 0;
  backend_.release(session_->output());
  session_->output().clear();
  auto nothing = std::make_unique<Session>(backend_, clock_, session_options_);
  // A connection that holds nothing takes its place, because the checks of others look at it.
  session_.swap(nothing);
  nothing.reset();
  woken_.clear();
  late_since_ = 0;
  replies_.abandon(journal_.next(), late);
  journal_.note("is gone", id_);
}

void Connection::deliver(std::size_t bytes) {
  delivered_ = std::min(outgoing_bytes(), delivered_ + bytes);
}

void Connection::take_replies(std::size_t bytes) { unread_ -= std::min(unread_, bytes); }

Connection::Next Connection::take_turn(Worker& worker) {
  in_turn = true;
  turn_begin = journal_.next();
  Next next = Next::kWait;
  if (!blocked_ || unread_ < socket_.send_buffer) {
    blocked_ = false;
    if (sent_ != 0 || !session_->output().empty()) {
      if (send()) give_output_back(worker);
    }
    if (session_->output().empty() && !session_->closing()) {
      if (session_->output().capacity() == 0) std::swap(session_->output(), worker.spare_output);
      if (!go_on(worker)) next = Next::kClose;
      note_produced();
      if (send()) {
        give_output_back(worker);
        if (session_->closing()) next = Next::kClose;
      }
    }
  }
  note_late();
  in_turn = false;
  turn_begin = 0;
  if (next == Next::kClose) return next;
  return !blocked_ && wants_turn() && !session_->waiting() ? Next::kTurn : Next::kWait;
}

void Connection::wake(LateToken token) {
  if (std::ranges::find(woken_, token) == woken_.end()) woken_.push_back(token);
}

bool Connection::go_on(Worker& worker) {
  if (session_->owes_reply() && go_on_late()) return true;
  if (session_->wants_turn() || session_->waiting()) {
    journal_.note("goes on", id_);
    session_->resume();
    return true;
  }
  return !session_->takes_input() || receive(worker);
}

// One of the replies that have come; or the end of all waiting.
bool Connection::go_on_late() {
  if (late_turns_ < kLateTurns) {
    if (woken_.empty()) return false;
    const std::size_t at = random_.below(woken_.size());
    const LateToken token = woken_[at];
    woken_.erase(woken_.begin() + static_cast<std::ptrdiff_t>(at));
    journal_.note("a late reply comes; token", id_, token);
    session_->resume(token);
    return true;
  }
  journal_.note("gives up late replies", id_, session_->late());
  for (ClientRequest& request : replies_.requests) {
    if (!request.begun) break;
    request.given_up = true;
    if (!request.keys.empty() && use_of(request.key()) == KeyUse::kData) {
      expected_.given_up_data.insert(request.version);
    }
  }
  session_->give_up_late();
  return true;
}

void Connection::note_late() {
  const std::size_t late = session_->late();
  late_turns_ = late == 0 || late < late_before_ ? 0 : late_turns_ + 1;
  late_before_ = late;
  if (!session_->owes_reply()) woken_.clear();
  if (late == 0) {
    late_since_ = 0;
  } else if (late_since_ == 0) {
    late_since_ = turn_begin;
    late_since_s_ = clock_.now_s;
  }
}

bool Connection::receive(Worker& worker) {
  if (delivered_ == 0) return !hung_up_;
  const std::span<char> window = session_->upload_window();
  if (lock_hooks != nullptr)
    lock_hooks->before_lock();  // in the meantime, no thread holds the window's lock
  std::size_t bytes = std::min({delivered_, socket_.most_per_read, Worker::kReadBufferBytes});
  bytes = 1 + random_.below(bytes);
  std::size_t into_window = 0;
  if (!window.empty()) {
    bytes = std::min(bytes, window.size() + kBeyondWindowBytes);
    into_window = std::min(bytes, window.size());
    std::memcpy(window.data(), outgoing_.data() + taken_, into_window);
  }
  const std::size_t rest = bytes - into_window;
  std::memcpy(worker.read_buffer.get(), outgoing_.data() + taken_ + into_window, rest);
  taken_ += bytes;
  if (taken_ > outgoing_.size() / 2) outgoing_.erase(0, std::exchange(taken_, 0));
  delivered_ -= bytes;
  received_ += bytes;
  begin_requests();
  journal_.note("receives bytes", id_, bytes, into_window);
  if (into_window != 0) session_->upload_received(into_window);
  if (rest != 0) session_->feed({worker.read_buffer.get(), rest});
  return true;
}

void Connection::begin_requests() {
  for (ClientRequest& request : replies_.requests) {
    if (request.begin_byte >= received_) break;
    if (request.begun) continue;
    began(request);
    request.begun_at = turn_begin;
    request.begun = true;
  }
}

void Connection::began(const ClientRequest& request) {
  Oracle& oracle = expected_.oracle;
  if (request.command == Command::kFlush)
    return oracle.flush_begins(request.version, request.prefix);
  if (request.keys.empty() || use_of(request.key()) == KeyUse::kNumber) return;
  Change change = Change::kTouch;
  switch (request.command) {
    case Command::kStore:
    case Command::kMetaStore:
      change = request.mode == Mode::kAppend    ? Change::kAppend
               : request.mode == Mode::kPrepend ? Change::kPrepend
                                                : Change::kBase;
      break;
    case Command::kDelete:
    case Command::kMetaDelete: change = Change::kRemove; break;
    default:
      if (!request.touches) return;
  }
  oracle.begin(request.key(), request.version, change, request.client_flags);
}

// Copies the bytes that the turn added to the output, and reads them as a reply.
void Connection::note_produced() {
  std::size_t at = 0;
  const std::size_t before = produced_.size();
  session_->output().for_each_span([&](std::string_view span) {
    const std::size_t known = before > at ? std::min(before - at, span.size()) : 0;
    at += span.size();
    produced_ += span.substr(known);
  });
  produced_bytes_ += produced_.size() - before;
  const Interval turn{turn_begin, journal_.next()};
  const LateSince late{late_since_, late_since_s_};
  parsed_ += replies_.read(std::string_view(produced_).substr(parsed_), turn, clock_.now_s, late);
  journal_.note("answered in all; bytes to send", id_, replies_.answered(),
                produced_.size() - sent_);
}

// Sends as much as the socket takes. Returns true if all is sent. Sent bytes must still be the
// bytes that were produced.
bool Connection::send() {
  const Output& output = session_->output();
  const std::size_t room = socket_.send_buffer - std::min(unread_, socket_.send_buffer);
  std::size_t left = std::min(room, socket_.most_per_write);
  std::size_t at = 0;
  output.for_each_span([&](std::string_view span) {
    const std::size_t begin = at;
    at += span.size();
    if (left == 0 || at <= sent_) return;
    const std::size_t skip = sent_ - begin;
    const std::size_t bytes = std::min(left, span.size() - skip);
    if (std::memcmp(produced_.data() + sent_, span.data() + skip, bytes) != 0) {
      journal_.fail(
          fmt::format("connection {}: WRONG VALUE: bytes {}..{} of an answer changed "
                      "before they were sent",
                      id_, sent_, sent_ + bytes));
    }
    sent_ += bytes;
    sent_bytes_ += bytes;
    unread_ += bytes;
    left -= bytes;
  });
  if (sent_ < output.size()) {
    blocked_ = unread_ >= socket_.send_buffer;
    return false;
  }
  backend_.release(output);
  session_->output().clear();
  produced_.erase(0, parsed_);
  parsed_ = 0;
  sent_ = 0;
  return true;
}

void Connection::give_output_back(Worker& worker) {
  Output& output = session_->output();
  if (output.capacity() > kKeptOutputBytes) output = Output();
  if (worker.spare_output.capacity() == 0) {
    std::swap(output, worker.spare_output);
  } else if (output.capacity() != 0) {
    output = Output();
  }
}

}  // namespace isocache::simulation
