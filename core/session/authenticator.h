// Decides who may log in. A host that wants passwords implements it. A Session asks it before
// anything else.
#pragma once

#include <string_view>

namespace isocache {

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // True if `user` has this password. Takes equally long whichever byte is wrong, and whether or
  // not the user exists. Counts its answers. Any thread.
  virtual bool check(std::string_view user, std::string_view password) const = 0;
};

}  // namespace isocache
