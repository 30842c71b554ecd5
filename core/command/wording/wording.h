// Writes what a command did, in the request's protocol. To add a protocol, add a pair of files
// here, a style in protocol/request.h and a line below. No command knows about it.
#pragma once

#include "base/inline.h"
#include "command/outcome.h"
#include "command/program_parts.h"
#include "command/wording/binary.h"
#include "command/wording/meta.h"
#include "command/wording/text.h"
#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache {

template <typename Outcome>
ISOCACHE_INLINE_NATIVELY inline void word(const Outcome& outcome, const Request& request,
                                          Output& out) {
  switch (request.style) {
    case ReplyStyle::kText: text::word(outcome, request, out); return;
    case ReplyStyle::kMeta: meta::word(outcome, request, out); return;
    case ReplyStyle::kBinary:
      if (binary_is_spoken()) binary::word(outcome, request, out);
      return;
  }
}

// The meta protocol has no `touch`, and only the meta protocol has `me`.
inline void word(const TouchOutcome& outcome, const Request& request, Output& out) {
  if (binary_is_spoken() && request.style == ReplyStyle::kBinary) {
    binary::word(outcome, request, out);
  } else {
    text::word(outcome, request, out);
  }
}
inline void word(const DebugOutcome& outcome, const Request& /*request*/, Output& out) {
  meta::word(outcome, out);
}
// Of a kReply: the parser has worded it, unless its protocol has headers.
inline void word(const ReplyFields& reply, const Request& request, Output& out) {
  if (binary_is_spoken() && request.style == ReplyStyle::kBinary) {
    binary::word(reply, request, out);
  } else {
    out.append(reply.text);
  }
}

}  // namespace isocache
