// Writes Prometheus' text format 0.0.4: a family's help and type, then its samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace isocache {

class MetricsWriter {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // All samples that follow belong to this family. Each family is begun once.
  void counter(std::string_view name, std::string_view help) { begin(name, "counter", help); }
  void gauge(std::string_view name, std::string_view help) { begin(name, "gauge", help); }
  void histogram(std::string_view name, std::string_view help) { begin(name, "histogram", help); }

  void sample(Labels labels, std::uint64_t value);
  // Writes value / 10^digits.
  void fixed(Labels labels, std::uint64_t value, unsigned digits);
  // A sample of a histogram: `suffix` is "_bucket", "_sum" or "_count".
  void part(std::string_view suffix, Labels labels, std::uint64_t value);
  void fixed_part(std::string_view suffix, Labels labels, std::uint64_t value, unsigned digits);

  // A family with one sample and no labels.
  void counter(std::string_view name, std::string_view help, std::uint64_t value);
  void gauge(std::string_view name, std::string_view help, std::uint64_t value);

  std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view name, std::string_view type, std::string_view help);
  void begin_sample(std::string_view suffix, Labels labels);

  std::string text_;
  std::string name_;
};

// value / 10^digits in decimal, without trailing zeros: (1500, 3) is "1.5".
std::string decimal(std::uint64_t value, unsigned digits);

}  // namespace isocache
