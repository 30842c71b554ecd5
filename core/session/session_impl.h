// The state behind a Session. Only session/*.cc include this.
//
//   feed(bytes) --> framer --> collect() --> Batch --> Backend::execute() --> out
//                     \           |                                       |
//                      \          \--> Stop: what no batch holds          \--> late: behind a hole
//                       \--> what is left goes to `kept`
//
// Requests view the framer's text, so a batch is always executed before the text moves.
//
// Each step has a state of its own, and returns its result:
//
//   framer.h        lines in the input           collect_commands.cc  commands into a batch
//   binary.cc       frames into a batch, logins by them
//   retrieval.h     a get with several keys      collect_keys.cc      its keys into a batch
//   upload.cc       a value on its way in        login.cc             what comes before a login
//   late_replies.h  replies that come late       last_request.cc      the last request
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "command/program_parts.h"
#include "protocol/parser.h"
#include "session/batch.h"
#include "session/framer.h"
#include "session/incoming_value.h"
#include "session/input_buffer.h"
#include "session/late_replies.h"
#include "session/retrieval.h"
#include "session/session.h"
#include "session/watcher_input.h"

namespace isocache {

struct Session::Impl {
  Impl(Backend& the_backend, const Clock& the_clock, const SessionOptions& the_options,
       Waker* the_waker)
      : backend(the_backend),
        host_clock(the_clock),
        options(the_options),
        waker(the_waker),
        out(the_options.output_limits),
        logged_in(the_options.authenticator == nullptr) {}
  ~Impl();

  // The result for the command at the front of the input.
  enum class Step : std::uint8_t {
    kGoOn,      // it is in the batch
    kNeedMore,  // it is not complete
    kAdmin,     // `pending` is a kAdmin request
    kLogin,     // `pending` is a login in the binary protocol
    kLarge,     // `pending` is a storage command, its value is large and incomplete
    kClose,     // the connection ends
  };
  // Why collect() stopped: the batch is full, or the result of the last step.
  enum class Stop : std::uint8_t { kBatchFull, kNeedMore, kAdmin, kLogin, kLarge, kClose };
  // Whether the session can continue now.
  enum class Wait : std::uint8_t {
    kNone,
    kTurn,    // it needs another turn: there is more to do at once
    kMemory,  // others have to release memory first
    kLate,    // a late reply has to come first, or an idle stream to be woken
  };
  // The next step, if a step left something to do.
  enum class Go : std::uint8_t { kOn, kStop };

  // session.cc
  bool begins(std::string_view bytes);
  void run();
  Go run_login();
  Go run_stream();
  void drop_watcher_input();
  Go run_large();
  Go run_batch();
  Go stop(Wait why);
  Go run_admin();
  bool anything_left() const {
    return stream != nullptr || retrieval.active || large != nullptr || !framer.text.empty();
  }

  // execute.cc
  bool execute(Batch& batch);
  bool execute_among_late(Batch& batch, std::size_t done);
  Output& tail() { return late ? late->tail() : out; }
  // The output is full: room comes when it is sent, or, for what is held, with a late reply.
  Wait wait_for_room() const { return late && !out.full() ? Wait::kLate : Wait::kTurn; }
  bool is_full() const { return late ? late->is_full(out) : out.full(); }

  // late.cc
  void suspend(Request& request, LateToken token, std::unique_ptr<IncomingValue> value);
  void finish_late(LateToken token);
  void retry_late();
  void put_off(LateReply& hole);
  void put_off_late(UnixSeconds limit_s);
  std::size_t give_up_late(UnixSeconds limit_s);
  void note_late();
  void fill(LateReply& reply);
  void collect_ready();

  // last_request.cc
  bool executing() const;
  bool last_is_done() const;

  // collect_commands.cc
  AfterLine parse(std::string_view line, KeyBuffer& key_buffer, Request& request) const;
  // The exptimes that a parser has read use the store's time from now on.
  void translate_exptimes(Request& request) const {
    if (host_clock.wall_minus_now_s != 0) [[unlikely]]
      translate_dates(request);
  }
  void translate_dates(Request& request) const;
  Stop collect(Batch& batch, std::size_t most);
  Step collect_next(Batch& batch);
  Step collect_line(Batch& batch);
  Step collect_value(Batch& batch, Request& request, std::size_t line_bytes);
  Step set_pending(Step step, const Request& request, std::size_t line_bytes);
  void go_back(const InputPosition& position);
  void push(Batch& batch, Request& request) {
    if (request.verb != Verb::kReply) request.key.hash = backend.hash(request.key.bytes);
    batch.push();
  }

  // binary.cc
  bool speaks_binary() const { return binary_is_spoken() && protocol == Protocol::kBinary; }
  // How many bytes follow a value.
  std::size_t value_end_bytes() const { return speaks_binary() ? 0 : 2; }
  AfterLine parse_frame(std::string_view head, Request& request) const;
  Step collect_frame(Batch& batch);
  Step collect_frame_value(Batch& batch, Request& request, std::size_t head_bytes);
  Step collect_login(const Request& request);
  Go run_login_frame();
  bool check_plain(std::string_view message) const;

  // collect_keys.cc
  void begin_retrieval(const Request& request, std::size_t line_bytes);
  Step begin_open_retrieval();
  bool find_open_keys();
  Step collect_key(Batch& batch);
  void collect_end_of_keys(Batch& batch, Request& request);
  void end_retrieval();

  // login.cc
  Step read_login();
  std::string_view try_login(std::string_view value);

  // upload.cc
  enum class Received : std::uint8_t { kPart, kWaits, kAll };
  void begin_large();
  Received run_upload();
  Received start_upload();
  Received receive_large();
  void finish_large();
  void refuse_large(PutStatus status);

  Backend& backend;
  const Clock& host_clock;
  const SessionOptions options;
  Waker* const waker;

  Output out;        // what may be sent
  InputBuffer kept;  // input that waits for more bytes, or for its turn
  Framer framer;
  Retrieval retrieval;
  std::unique_ptr<IncomingValue> large;
  std::unique_ptr<ReplyStream> stream;
  std::unique_ptr<LateReplies> late;  // null: no reply is late

  struct Pending {
    const Request* request = nullptr;  // in the batch's next slot
    std::size_t line_bytes = 0;
  } pending;
  std::size_t turn_left = 0;  // requests
  Wait wait = Wait::kNone;
  bool ended = false;  // no more requests are executed
  // After end_after_request(): is the last request still to come, or has it been taken?
  enum class Last : std::uint8_t { kNone, kAwaited, kTaken } last = Last::kNone;
  // The first byte decides.
  enum class Protocol : std::uint8_t { kUnknown, kText, kBinary } protocol = Protocol::kUnknown;
  bool spoke_other_protocol = false;
  bool watches = false;  // the stream is a watcher's
  WatcherInput watcher_input;
  bool sasl_begun = false;  // a login in two steps: the second one is awaited
  bool logged_in;
  ReplyStream::Next stream_next = ReplyStream::Next::kMore;  // what it said last
  bool has_waited = false;                                   // for memory, before this turn
  std::uint8_t failed_logins = 0;
  AdminResult::Next requested = AdminResult::Next::kContinue;
};

}  // namespace isocache
