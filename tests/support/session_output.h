// What a session has to send, for tests without a connection.
#pragma once

#include <string>
#include <string_view>

#include "command/backend.h"
#include "session/session.h"

namespace isocache {

// Takes all bytes that can be sent, as a host does that has sent them: their pins are released.
inline std::string take_output(Session& session, Backend& backend) {
  std::string bytes;
  session.output().for_each_span([&](std::string_view span) { bytes.append(span); });
  backend.release(session.output());
  session.output().clear();
  return bytes;
}

}  // namespace isocache
