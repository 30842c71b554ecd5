// Is a reply the recorded one? Byte for byte, but for what cannot repeat (tests/README.md): cas
// ids, and times, which may be some seconds off because the recording took real time.
#pragma once

#include <map>
#include <set>
#include <string>

namespace isocache {

class ReplyMatcher {
 public:
  // Forgets everything: a new section begins.
  void reset() { *this = ReplyMatcher(); }

  // Puts the bound cas ids in; notes which ids the client chose itself (the E flag).
  std::string fill_in(const std::string& sent);
  bool matches(const std::string& expected, const std::string& actual, const std::string& sent);

 private:
  bool line_matches(const std::string& expected, const std::string& actual);
  bool token_matches(const std::string& code, std::size_t index, const std::string& expected,
                     const std::string& actual);
  bool cas_matches(const std::string& expected, const std::string& actual);
  bool unix_time_matches(const std::string& expected, const std::string& actual);

  std::map<std::string, std::string> cas_;       // recorded, or {casN}, to ours
  std::map<std::string, std::string> recorded_;  // and back: two ids never become one
  std::set<std::string> chosen_;                 // by the client: these may well come twice
  bool has_time_offset_ = false;
  long long time_offset_s_ = 0;  // our clock minus the recording's
};

}  // namespace isocache
