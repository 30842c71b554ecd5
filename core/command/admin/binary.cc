#include "command/admin/binary.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "command/admin/call.h"
#include "command/exptime.h"
#include "command/settings.h"
#include "command/wording/binary.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

using binary::append_frame;
using binary::append_row;
using binary::append_status;
using binary::Opcode;
using binary::Status;

void flush(const Request& request, AdminTarget& target, UnixSeconds now_s, Output& out) {
  if (!target.settings().flush_enabled) return append_status(Status::kAuthError, request, out);
  target.flush_at(request.exptime <= 0 ? now_s : expiry_time(request.exptime, now_s), now_s);
  if (!request.flags.quiet) append_status(Status::kOk, request, out);
}

constexpr std::string_view kDetailDump = "detail dump";
// memcached gives no others in this protocol.
constexpr std::string_view kPages[] = {"",      "settings",  "items",      "slabs",    "sizes",
                                       "reset", "detail on", "detail off", kDetailDump};

std::string text_of(const Output& output) {
  std::string text;
  output.for_each_span([&text](std::string_view span) { text += span; });
  return text;
}

// The page as text, whole.
std::string text_page(std::string_view name, AdminTarget& target, const Clock& clock) {
  Output page;
  AdminCall call(name, target, clock, page, nullptr);
  run_stats(call);
  return text_of(page);
}

// The counts by prefix: memcached has them in one frame, whose length comes first. Here a frame has
// as many lines as fit an output, so that a client that reads none of them makes the server hold
// little.
class DetailFrames : public ReplyStream {
 public:
  DetailFrames(std::unique_ptr<ReplyStream> lines, const Request& request)
      : lines_(std::move(lines)) {
    request_.opcode = request.opcode;
    request_.opaque = request.opaque;
  }

  Next produce(Output& out, const Clock& clock) override {
    Output page;
    Next next = Next::kMore;
    while (next == Next::kMore && !page.full()) next = lines_->produce(page, clock);
    append_row("detailed", text_of(page), request_, out);
    if (next == Next::kEnd) append_row({}, {}, request_, out);
    return next;
  }

 private:
  std::unique_ptr<ReplyStream> lines_;
  Request request_;  // what a reply repeats of it
};

AdminResult dump_detail(const Request& request, AdminTarget& target, const Clock& clock,
                        Output& out) {
  AdminCall call(kDetailDump, target, clock, out, nullptr);
  run_stats(call);
  AdminResult result;
  result.stream = std::make_unique<DetailFrames>(std::move(call.result.stream), request);
  return result;
}

// "STAT <key> <value>\r\n", each as a frame.
void append_rows(std::string_view page, const Request& request, Output& out) {
  constexpr std::string_view kRow = "STAT ";
  while (page.starts_with(kRow)) {
    const std::string_view row = page.substr(kRow.size(), page.find("\r\n") - kRow.size());
    const std::size_t space = row.find(' ');
    append_row(row.substr(0, space), row.substr(space + 1), request, out);
    page.remove_prefix(kRow.size() + row.size() + 2);
  }
}

// A frame for each row, and one without a key, which ends them.
AdminResult stat(const Request& request, AdminTarget& target, const Clock& clock, Output& out) {
  const std::string_view name = request.admin.line;
  if (std::find(std::begin(kPages), std::end(kPages), name) == std::end(kPages)) {
    append_status(Status::kNotFound, request, out);
  } else if (name.starts_with("detail") && !target.settings().dump_enabled) {
    append_status(Status::kAuthError, request, out);
  } else if (name == kDetailDump) {
    return dump_detail(request, target, clock, out);
  } else {
    append_rows(text_page(name, target, clock), request, out);
    append_row({}, {}, request, out);
  }
  return {};
}

}  // namespace

AdminResult run_binary_command(const Request& request, AdminTarget& target, const Clock& clock,
                               Output& out) {
  switch (static_cast<Opcode>(request.opcode)) {
    case Opcode::kFlush:
    case Opcode::kFlushQ: flush(request, target, clock.now_s, out); return {};
    case Opcode::kVersion: append_frame(Status::kOk, kProtocolVersion, request, out); return {};
    default: return stat(request, target, clock, out);
  }
}

}  // namespace isocache
