// nlohmann-json is slow to compile, so only this file of the metrics includes it.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "command/stats/pages.h"
#include "native/metrics/pages.h"
#include "protocol/output.h"

namespace isocache {
namespace {

using Json = nlohmann::ordered_json;

// Names that users choose, and numbers that memcached writes in another base, stay text even if
// they look like numbers.
constexpr std::array<std::string_view, 5> kTexts = {"umask", "stat_key_prefix", "inter",
                                                    "domain_socket", "memory_file"};
// A decimal fraction of so many digits survives a double: printed again, it is the same.
constexpr std::size_t kExactDigits = 15;

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end;
}

bool is_decimal(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() <= kExactDigits && !text.empty() && digit(text.front()) &&
         digit(text.back()) && std::count(text.begin(), text.end(), '.') == 1 &&
         std::count_if(text.begin(), text.end(), digit) + 1 ==
             static_cast<std::ptrdiff_t>(text.size());
}

// Turns memcached's text into a JSON value. 64-bit integers stay whole.
Json value_of(std::string_view key, std::string_view text) {
  std::uint64_t whole = 0;
  double fraction = 0;
  const bool number = std::find(kTexts.begin(), kTexts.end(), key) == kTexts.end();
  if (number && parse_whole(text, whole)) return whole;
  if (number && is_decimal(text) && parse_whole(text, fraction)) return fraction;
  return std::string(text);
}

// "items:3:age" becomes items.3.age: `family` ("items:") is cut off, and the rest "3:age" becomes
// 3.age.
void insert(Json& object, std::string_view key, std::string_view text, std::string_view family) {
  if (key.starts_with(family)) key.remove_prefix(family.size());
  const std::size_t colon = key.find(':');
  if (colon == std::string_view::npos) {
    object[std::string(key)] = value_of(key, text);
  } else {
    insert(object[std::string(key.substr(0, colon))], key.substr(colon + 1), text, "");
  }
}

// Reads lines "STAT <key> <value>" and END.
Json object_of(const Output& stats, std::string_view family) {
  std::string text;
  stats.for_each_span([&](std::string_view span) { text += span; });
  Json object = Json::object();
  constexpr std::string_view kBegin = "STAT ";
  for (std::string_view rest = text; rest.starts_with(kBegin);) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(kBegin.size(), end - kBegin.size());
    const std::size_t space = line.find(' ');
    insert(object, line.substr(0, space), line.substr(space + 1), family);
    rest.remove_prefix(end + 2);
  }
  return object;
}

template <typename Write>
Json family(Write&& write, std::string_view name = "") {
  Output out;
  write(out);
  return object_of(out, name);
}

}  // namespace

std::string stats_json(ShardedBackend& backend, const Clock& clock) {
  const ServerFigures server = backend.all_figures(clock.now_s);
  const EngineFigures& sum = server.sum;
  Json all;
  all["general"] = family([&](Output& out) {
    write_stats(sum, server.host_stats, server.settings, clock.wall_s(), out);
  });
  all["settings"] = family(
      [&](Output& out) { write_stats_settings(server.settings, server.host_settings, out); });
  all["items"] = family([&](Output& out) { write_stats_items(sum, clock.now_s, out); }, "items:");
  all["slabs"] = family([&](Output& out) { write_stats_slabs(sum, out); });
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace isocache
