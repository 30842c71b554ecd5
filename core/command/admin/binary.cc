#include "command/admin/binary.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

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

// The page as text, whole. The only one that comes in slices is the counts by prefix, which are
// bounded and do not wait.
std::string text_page(std::string_view name, AdminTarget& target, const Clock& clock) {
  Output page;
  AdminCall call(name, target, clock, page, nullptr);
  run_stats(call);
  if (call.result.stream) {
    while (call.result.stream->produce(page, clock) == ReplyStream::Next::kMore) {
    }
  }
  return text_of(page);
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
void stat(const Request& request, AdminTarget& target, const Clock& clock, Output& out) {
  const std::string_view name = request.admin.line;
  if (std::find(std::begin(kPages), std::end(kPages), name) == std::end(kPages)) {
    return append_status(Status::kNotFound, request, out);
  }
  if (name.starts_with("detail") && !target.settings().dump_enabled) {
    return append_status(Status::kAuthError, request, out);
  }
  const std::string page = text_page(name, target, clock);
  if (name == kDetailDump) {
    append_row("detailed", page, request, out);
  } else {
    append_rows(page, request, out);
  }
  append_row({}, {}, request, out);
}

}  // namespace

void run_binary_command(const Request& request, AdminTarget& target, const Clock& clock,
                        Output& out) {
  switch (static_cast<Opcode>(request.opcode)) {
    case Opcode::kFlush:
    case Opcode::kFlushQ: return flush(request, target, clock.now_s, out);
    case Opcode::kVersion: return append_frame(Status::kOk, kProtocolVersion, request, out);
    default: return stat(request, target, clock, out);
  }
}

}  // namespace isocache
