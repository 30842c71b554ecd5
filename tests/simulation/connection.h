// One client, its socket, and the server's end of it. The server's end drives its Session as
// native/net/connection.cc does. A turn sends what is stuck, receives once or continues, then
// sends. While replies are unsent, it neither reads nor executes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/output.h"
#include "session/session.h"
#include "simulation/backend.h"
#include "simulation/journal.h"
#include "simulation/replies.h"
#include "support/random.h"

namespace isocache::simulation {

// What a worker lends to its connections. A turn inside another's is another worker's.
struct Worker {
  std::unique_ptr<char[]> read_buffer = std::make_unique<char[]>(kReadBufferBytes);
  Output spare_output;
  static constexpr std::size_t kReadBufferBytes = 32U << 10;
};

struct SocketOptions {
  std::size_t send_buffer = 0;  // bytes that the client may leave unread
  std::size_t most_per_read = 0;
  std::size_t most_per_write = 0;
};

class Connection : public Waker {
 public:
  enum class Next : std::uint8_t { kWait, kTurn, kClose };

  Connection(unsigned id, SimulatedBackend& backend, const Clock& clock,
             const SessionOptions& session, const SocketOptions& socket, Journal& journal,
             Expectations& expected, Random& random);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Gives back everything that the server holds for it. Call it before it is destroyed.
  void leave();

  // --- the client -------------------------------------------------------------------------
  // Bytes of the requests that were added to replies().requests.
  void write(std::string_view bytes) { outgoing_ += bytes; }
  std::size_t outgoing_bytes() const { return outgoing_.size() - taken_; }
  std::uint64_t outgoing_end() const { return received_ + outgoing_bytes(); }
  // Puts up to that many more bytes on the way.
  void deliver(std::size_t bytes);
  // Takes up to that many bytes out of the socket.
  void take_replies(std::size_t bytes);
  // No more bytes will come.
  void hang_up() { hung_up_ = true; }
  ReplyReader& replies() { return replies_; }

  // True if every request is answered and all replies are sent.
  bool settled() const {
    return replies_.requests.empty() && outgoing_bytes() == 0 && session_->output().empty() &&
           !hung_up_ && !session_->wants_turn() && !session_->waiting() && session_->late() == 0;
  }
  // Grows with each byte received, answered or sent.
  std::uint64_t progress() const { return received_ + produced_bytes_ + sent_bytes_; }

  // --- the server's end -------------------------------------------------------------------
  Next take_turn(Worker& worker);
  bool wants_turn() const {
    return session_->wants_turn() || session_->waiting() || !woken_.empty() ||
           ((delivered_ > 0 || hung_up_) && session_->takes_input());
  }
  const Output& output() const { return session_->output(); }
  std::size_t buffered() const { return session_->buffered(); }
  bool waits_for_memory() const { return session_->waiting(); }
  bool holds_memory() const {
    return session_->output().has_pins() || session_->upload_remaining() != 0 ||
           session_->late() != 0;
  }
  std::size_t output_limit() const { return session_options_.output_limits.all_bytes; }
  unsigned id() const { return id_; }
  // When the turn began since which replies have been late; 0: none is.
  Time late_since() const { return late_since_; }

  bool in_turn = false;
  Time turn_begin = 0;

 private:
  void wake(LateToken token) override;
  bool go_on(Worker& worker);  // false: the end of the stream
  bool go_on_late();
  void note_late();
  bool receive(Worker& worker);  // false: the end of the stream
  void begin_requests();
  void began(const ClientRequest& request);
  void note_produced();
  bool send();
  void give_output_back(Worker& worker);

  unsigned id_;
  SimulatedBackend& backend_;
  const Clock& clock_;
  SessionOptions session_options_;
  SocketOptions socket_;
  Journal& journal_;
  Expectations& expected_;
  Random& random_;
  std::unique_ptr<Session> session_;
  ReplyReader replies_;

  std::string outgoing_;        // from the client
  std::size_t taken_ = 0;       // of it: received by now
  std::uint64_t received_ = 0;  // in all
  std::size_t delivered_ = 0;   // of the rest: what recv() finds
  bool hung_up_ = false;
  std::size_t unread_ = 0;  // bytes in the socket to the client

  std::string produced_;              // a copy of what the output holds
  std::size_t parsed_ = 0;            // of it
  std::size_t sent_ = 0;              // of the output
  std::uint64_t produced_bytes_ = 0;  // in all
  std::uint64_t sent_bytes_ = 0;
  bool blocked_ = false;

  std::vector<LateToken> woken_;
  Time late_since_ = 0;
  UnixSeconds late_since_s_ = 0;
  std::size_t late_before_ = 0;
  unsigned late_turns_ = 0;  // since there were fewer
};

}  // namespace isocache::simulation
