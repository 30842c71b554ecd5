#include "native/http/negotiation.h"

#include <algorithm>
#include <optional>

#include "native/http/ascii.h"

namespace isocache {
namespace {

constexpr unsigned kFullWeight = 1000;  // "q=1"

// A weight in thousandths: "0.5" is 500. Nothing if it is none.
std::optional<unsigned> parse_weight(std::string_view text) {
  constexpr std::size_t kLongest = std::string_view("0.123").size();
  constexpr unsigned kTen = 10;
  if (text.empty() || text.size() > kLongest || (text[0] != '0' && text[0] != '1')) return {};
  if (text.size() > 1 && text[1] != '.') return {};
  unsigned weight = text[0] == '1' ? kFullWeight : 0;
  unsigned unit = kFullWeight;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return {};
    unit /= kTen;
    weight += unit * static_cast<unsigned>(c - '0');
  }
  if (weight > kFullWeight) return {};
  return weight;
}

// The weights that a field gives; nothing where it names none.
struct Weights {
  std::optional<unsigned> gzip;
  std::optional<unsigned> identity;
  std::optional<unsigned> others;  // "*"
};

Weights parse_weights(std::string_view accept_encoding) {
  Weights weights;
  for_each_element(accept_encoding, [&](std::string_view element) {
    const std::size_t end = std::min(element.find(';'), element.size());
    const std::string_view name = trimmed(element.substr(0, end));
    const std::string_view parameter = trimmed(element.substr(std::min(end + 1, element.size())));
    std::optional<unsigned> weight = kFullWeight;
    if (end != element.size()) {
      constexpr std::string_view kQ = "q=";
      if (!equal_ignoring_case(parameter.substr(0, kQ.size()), kQ)) return;
      weight = parse_weight(parameter.substr(kQ.size()));
    }
    if (!weight) return;  // what cannot be read says nothing
    if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip")) {
      weights.gzip = weight;
    } else if (equal_ignoring_case(name, "identity")) {
      weights.identity = weight;
    } else if (name == "*") {
      weights.others = weight;
    }
  });
  return weights;
}

}  // namespace

bool choose_coding(std::string_view accept_encoding, Coding& chosen) {
  const Weights weights = parse_weights(accept_encoding);
  const unsigned gzip = weights.gzip.value_or(weights.others.value_or(0));
  // Plain bytes are taken unless a field excludes them; nobody prefers them by silence.
  const bool plain = weights.identity.value_or(weights.others.value_or(kFullWeight)) != 0;
  chosen = gzip != 0 && gzip >= weights.identity.value_or(0) ? Coding::kGzip : Coding::kIdentity;
  return chosen == Coding::kGzip || plain;
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  bool found = false;
  for_each_element(if_none_match, [&](std::string_view element) {
    // The comparison is the weak one: W/ says nothing here.
    if (element.starts_with("W/")) element.remove_prefix(2);
    found = found || element == "*" || element == tag;
  });
  return found;
}

}  // namespace isocache
