// A page of the HTTP port on its way to the client. Knows nothing of sockets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isocache {

// A reply without body and without fields that describe one.
inline constexpr unsigned kNotModified = 304;

struct ReplyField {
  std::string_view name;
  std::string value;
};

struct Reply {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body = {};
  // Sent if `body` is empty. It has to live as long as the program.
  std::string_view stored_body = {};
  // More fields. They replace those that every reply has (reply_fields.h).
  std::vector<ReplyField> fields = {};

  std::string_view content() const { return body.empty() ? stored_body : body; }
};

// A reply for an error: one line of text.
Reply error_reply(unsigned status, std::string_view text);

}  // namespace isocache
