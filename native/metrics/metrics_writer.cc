#include "native/metrics/metrics_writer.h"

#include <fmt/format.h>

#include <iterator>

namespace isocache {
namespace {

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
}

}  // namespace

std::string decimal(std::uint64_t value, unsigned digits) {
  std::uint64_t scale = 1;
  for (unsigned i = 0; i < digits; ++i) scale *= 10;
  std::string text = fmt::format("{}.{:0{}}", value / scale, value % scale, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void MetricsWriter::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricsWriter::begin_sample(std::string_view suffix, Labels labels) {
  text_.append(name_).append(suffix);
  char separator = '{';
  for (const auto& [name, value] : labels) {
    text_ += separator;
    text_.append(name).append("=\"");
    append_escaped(text_, value);
    text_ += '"';
    separator = ',';
  }
  if (labels.size() != 0) text_ += '}';
  text_ += ' ';
}

void MetricsWriter::part(std::string_view suffix, Labels labels, std::uint64_t value) {
  begin_sample(suffix, labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void MetricsWriter::fixed_part(std::string_view suffix, Labels labels, std::uint64_t value,
                               unsigned digits) {
  begin_sample(suffix, labels);
  text_.append(decimal(value, digits)).append("\n");
}

void MetricsWriter::sample(Labels labels, std::uint64_t value) { part("", labels, value); }

void MetricsWriter::fixed(Labels labels, std::uint64_t value, unsigned digits) {
  fixed_part("", labels, value, digits);
}

void MetricsWriter::counter(std::string_view name, std::string_view help, std::uint64_t value) {
  counter(name, help);
  sample({}, value);
}

void MetricsWriter::gauge(std::string_view name, std::string_view help, std::uint64_t value) {
  gauge(name, help);
  sample({}, value);
}

}  // namespace isocache
