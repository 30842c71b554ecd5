// nlohmann-json is slow to compile, so only this file of the log includes it.
#include <fmt/chrono.h>

#include <nlohmann/json.hpp>

#include "native/base/log.h"

namespace isocache {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "";
}

}  // namespace

std::string json_line(const LogEntry& entry, std::chrono::system_clock::time_point time) {
  using nlohmann::ordered_json;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  ordered_json object;
  object["time"] =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                  fmt::gmtime(static_cast<std::time_t>(ms.count() / 1000)), ms.count() % 1000);
  object["level"] = name_of(entry.level);
  object["message"] = entry.message;
  for (const LogField& field : entry.fields) {
    std::visit([&](const auto& value) { object[field.name] = value; }, field.value);
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace isocache
