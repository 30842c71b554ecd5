#include "native/monitor/top_model.h"

#include <charconv>
#include <utility>

namespace isocache {

void TopModel::add_line(std::string_view line) {
  const EventLine event = parse_event_line(line);
  switch (event.type) {
    case EventLine::Type::kSkipped:
      skipped_ += event.skipped;
      last_get_.pending = false;
      return;
    case EventLine::Type::kGet: count_get(event); break;
    case EventLine::Type::kStore:
      take_get_back(event);
      if (event.status == "stored") count(event.key, [](Counts& counts) { ++counts.stores; });
      break;
    case EventLine::Type::kDeleted: take_get_back(event); break;
    case EventLine::Type::kEviction:
      count(event.key, [](Counts& counts) { ++counts.evictions; });
      break;
    case EventLine::Type::kOther: return;
  }
  ++seen_;
}

void TopModel::count_get(const EventLine& event) {
  const bool hit = event.status == "found";
  count(event.key, [hit](Counts& counts) {
    ++counts.lookups;
    counts.hits += hit ? 1 : 0;
  });
  last_get_.key = event.key;
  last_get_.client = event.client;
  last_get_.hit = hit;
  last_get_.pending = true;
}

// A deletion's line names no client.
void TopModel::take_get_back(const EventLine& event) {
  const bool same_client = event.client.empty() || event.client == last_get_.client;
  if (!std::exchange(last_get_.pending, false) || event.key != last_get_.key || !same_client)
    return;
  count(event.key, [hit = last_get_.hit](Counts& counts) {
    --counts.lookups;
    counts.hits -= hit ? 1 : 0;
  });
}

template <typename Change>
void TopModel::count(std::string_view key, Change&& change) {
  change(all_);
  change(keys_[key]);
  change(prefixes_[prefix_of(key)]);
}

// The delimiter may be encoded in the key.
std::string_view TopModel::prefix_of(std::string_view key) const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(delimiter_);
  const char code[] = {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
  const std::size_t end = std::min(key.find(delimiter_), key.find({code, sizeof(code)}));
  return end == std::string_view::npos ? "(none)" : key.substr(0, end);
}

void TopModel::add_stats(StatsRows rows, double seconds) {
  before_ = std::exchange(now_, std::move(rows));
  seconds_ = before_.empty() ? 0 : seconds;
}

void TopModel::fade(double factor) {
  keys_.scale(factor);
  prefixes_.scale(factor);
  all_.scale(factor);
}

std::uint64_t TopModel::number_in(const StatsRows& rows, std::string_view row) {
  const auto found = rows.find(row);
  std::uint64_t number = 0;
  if (found == rows.end()) return 0;
  const std::string& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string_view TopModel::text(std::string_view row) const {
  const auto found = now_.find(row);
  return found == now_.end() ? std::string_view("?") : found->second;
}

// `stats reset` makes a counter smaller.
double TopModel::rate(std::string_view row) const {
  const std::uint64_t now = number_in(now_, row);
  const std::uint64_t before = number_in(before_, row);
  if (seconds_ <= 0 || now < before) return 0;
  return static_cast<double>(now - before) / seconds_;
}

double TopModel::hit_ratio() const {
  const double gets = rate("get_hits") + rate("get_misses");
  return gets == 0 ? -1 : rate("get_hits") / gets;
}

}  // namespace isocache
