// The state behind a Session. Only session/*.cc include this.
//
//   feed(bytes) --> in --> collect() --> Batch --> Backend::execute() --> out
//                    \                    |
//                     \--> what is left    \--> Stop: a command that cannot wait in a batch
//                          goes to `input`
//
// `in` views the bytes at hand: those just fed, or the buffer `input`. Requests view `in`, so that
// a batch is always executed before `in` moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/parser.h"
#include "session/batch.h"
#include "session/input_buffer.h"
#include "session/session.h"
#include "store/store.h"

namespace isocache {

// A value too large to be buffered, on its way into item memory.
struct IncomingValue {
  std::string line;  // the command, which `request` views
  KeyBuffer key_buffer;
  Request request;
  Upload upload;
  bool begun = false;              // else it waits for others' uploads to end
  std::size_t line_end_bytes = 0;  // of the "\r\n" after the value, how many have come
  bool line_end_good = true;
};

struct Session::Impl {
  Impl(Backend& the_backend, const Clock& the_clock, const SessionOptions& the_options)
      : backend(the_backend),
        host_clock(the_clock),
        options(the_options),
        out(the_options.output_limits),
        logged_in(the_options.authenticator == nullptr) {}

  // Why collect() stopped.
  enum class Stop : std::uint8_t {
    kFull,      // the batch is, or the turn is used up
    kNeedMore,  // no whole command is left
    kAdmin,     // `pending` is a kAdmin request
    kLarge,     // `pending` is a storage command, its value is large and incomplete
    kClose,     // the connection ends
  };

  // ending.cc
  bool executing() const;
  bool last_is_done() const;

  // session.cc
  bool begins_binary(std::string_view bytes);
  void run();
  bool execute(Batch& batch);
  void administer(const Request& request);
  bool anything_left() const {
    return stream != nullptr || retrieval.active || large != nullptr || !in.empty();
  }

  // collect.cc
  AfterLine parse(std::string_view line, KeyBuffer& key_buffer, Request& request) const;
  Stop collect(Batch& batch, std::size_t most);
  Stop collect_line(Batch& batch);
  Stop collect_value(Batch& batch, Request& request, std::size_t line_bytes);
  Stop begin_open_retrieval();
  bool find_open_keys();
  Stop collect_key(Batch& batch);
  void end_retrieval();
  bool skip_line();
  void go_back(const InputPosition& position);
  void push(Batch& batch, Request& request);
  void take(std::size_t bytes);

  // login.cc
  Stop read_login();
  std::string_view try_login(std::string_view value);

  // large_value.cc
  void begin_large();
  void start_upload();
  void receive_large();
  void finish_large();
  void refuse_large(PutStatus status);
  void reply_to_large(std::string_view text);

  Backend& backend;
  const Clock& host_clock;
  const SessionOptions options;

  Output out;
  InputBuffer input;
  std::string_view in;
  std::size_t scanned = 0;    // bytes at the front of `in` that hold no newline
  std::size_t awaited = 0;    // bytes that the command at the front of `in` has, its value included
  std::uint64_t swallow = 0;  // bytes to come that are ignored
  Retrieval retrieval;
  std::unique_ptr<IncomingValue> large;
  std::unique_ptr<ReplyStream> stream;

  const Request* pending = nullptr;  // in the batch's next slot; see Stop
  std::size_t pending_line_bytes = 0;
  std::size_t turn_left = 0;   // requests
  bool more = false;           // stopped though there is something left
  bool waiting = false;        // and it is of no use to go on before others release memory
  bool skipping_line = false;  // what comes until the next newline belongs to a refused line
  bool closing = false;
  // After end_after_request(): is the last request still to come, or has it been taken?
  enum class Last : std::uint8_t { kNone, kAwaited, kTaken } last = Last::kNone;
  bool began = false;  // a byte was fed
  bool spoke_binary = false;
  bool logged_in;
  std::uint8_t failed_logins = 0;
  AdminResult::Next requested = AdminResult::Next::kContinue;
};

}  // namespace isocache
