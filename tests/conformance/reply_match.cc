#include "conformance/reply_match.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace isocache {
namespace {

constexpr long long kToleranceS = 3;

using Strings = std::vector<std::string>;

Strings split(const std::string& text, char separator) {
  Strings parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

bool is_variable(const std::string& text) { return text.rfind("{cas", 0) == 0; }

// Also right for the times that memcached prints as wrapped 32-bit numbers.
bool close_times(const std::string& expected, const std::string& actual) {
  if (!is_number(expected) || !is_number(actual)) return expected == actual;
  const auto a = static_cast<std::uint32_t>(std::strtoull(expected.c_str(), nullptr, 10));
  const auto b = static_cast<std::uint32_t>(std::strtoull(actual.c_str(), nullptr, 10));
  const auto difference = static_cast<std::int32_t>(a - b);
  return difference <= kToleranceS && difference >= -kToleranceS;
}

bool is_dump(const std::string& sent) {
  return sent.rfind("lru_crawler metadump", 0) == 0 || sent.rfind("lru_crawler mgdump", 0) == 0;
}

bool is_meta_code(const std::string& code) {
  return code == "HD" || code == "VA" || code == "EN" || code == "NF" || code == "NS" ||
         code == "EX";
}

// "la=5" to "5" when the name is `la`.
bool has_name(const std::string& token, const char* name) {
  return token.rfind(std::string(name) + "=", 0) == 0;
}

std::string value_of(const std::string& token) { return token.substr(token.find('=') + 1); }

}  // namespace

std::string ReplyMatcher::fill_in(const std::string& sent) {
  std::string filled = sent;
  for (const auto& [name, value] : cas_) {
    if (!is_variable(name)) continue;
    for (std::size_t at = 0; (at = filled.find(name, at)) != std::string::npos;) {
      filled.replace(at, name.size(), value);
    }
  }
  const std::string line = filled.substr(0, filled.find_first_of("\r\n"));
  for (const std::string& token : split(line, ' ')) {
    if (token.size() > 1 && token.front() == 'E' && is_number(token.substr(1))) {
      cas_[token.substr(1)] = token.substr(1);
      chosen_.insert(token.substr(1));
    }
  }
  return filled;
}

bool ReplyMatcher::cas_matches(const std::string& expected, const std::string& actual) {
  if (!is_number(actual)) return expected == actual;
  if (expected == "0" || actual == "0") return expected == actual;
  const auto bound = cas_.find(expected);
  if (bound != cas_.end()) return bound->second == actual;
  const auto other = recorded_.find(actual);
  const bool taken = other != recorded_.end() && other->second != expected;
  if (taken && chosen_.count(actual) == 0) return false;
  cas_[expected] = actual;
  recorded_[actual] = expected;
  return true;
}

// Absolute times: the first one tells the distance of the clocks.
bool ReplyMatcher::unix_time_matches(const std::string& expected, const std::string& actual) {
  if (!is_number(expected) || !is_number(actual)) return expected == actual;
  const long long offset = std::atoll(actual.c_str()) - std::atoll(expected.c_str());
  if (!has_time_offset_) time_offset_s_ = offset;
  has_time_offset_ = true;
  return std::llabs(offset - time_offset_s_) <= 2 * kToleranceS;
}

bool ReplyMatcher::token_matches(const std::string& code, std::size_t index,
                                 const std::string& expected, const std::string& actual) {
  if (is_meta_code(code) && index > 0) {
    if (expected.empty() || actual.empty() || expected.front() != actual.front()) return false;
    const std::string recorded = expected.substr(1);
    const std::string got = actual.substr(1);
    if (expected.front() == 'c') return cas_matches(recorded, got);
    if (expected.front() == 't' || expected.front() == 'l') return close_times(recorded, got);
    return expected == actual;
  }
  if (code == "VALUE" && index == 4) return cas_matches(expected, actual);
  if (code == "VERSION" && index == 1) return !actual.empty();
  const bool dump = has_name(code, "key");
  if (code != "ME" && !dump) return expected == actual;
  for (const char* name : {"cas", "cls", "la", "size", "exp"}) {
    if (!has_name(expected, name)) continue;
    if (!has_name(actual, name)) return false;
    const std::string recorded = value_of(expected);
    const std::string got = value_of(actual);
    if (name != std::string("exp")) return is_number(got);
    return dump ? unix_time_matches(recorded, got) : close_times(recorded, got);
  }
  return expected == actual;
}

bool ReplyMatcher::line_matches(const std::string& expected, const std::string& actual) {
  const Strings recorded = split(expected, ' ');
  const Strings got = split(actual, ' ');
  if (recorded.size() != got.size() || recorded.front().substr(0, 4) != got.front().substr(0, 4)) {
    return false;
  }
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    if (!token_matches(recorded.front(), i, recorded[i], got[i])) return false;
  }
  return true;
}

bool ReplyMatcher::matches(const std::string& expected, const std::string& actual,
                           const std::string& sent) {
  if (expected == actual && expected.find_first_of("cC") == std::string::npos) return true;
  Strings recorded = split(expected, '\n');
  Strings got = split(actual, '\n');
  if (recorded.size() != got.size()) return false;
  if (is_dump(sent)) {
    std::sort(recorded.begin(), recorded.end());
    std::sort(got.begin(), got.end());
  }
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    std::string& a = recorded[i];
    std::string& b = got[i];
    const bool a_ends = !a.empty() && a.back() == '\r';
    const bool b_ends = !b.empty() && b.back() == '\r';
    if (a_ends != b_ends) return false;
    if (a_ends) a.pop_back();
    if (b_ends) b.pop_back();
    if (!line_matches(a, b)) return false;
  }
  return true;
}

}  // namespace isocache
