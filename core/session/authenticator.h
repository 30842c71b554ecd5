// Who may log in. A host that wants passwords implements it; a Session asks before anything else.
#pragma once

#include <string_view>

namespace isocache {

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // True if `user` has this password. Takes equally long whichever byte is wrong, and whether or
  // not the user exists. Any thread. Counts what it answers.
  virtual bool check(std::string_view user, std::string_view password) const = 0;
};

}  // namespace isocache
