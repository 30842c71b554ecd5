// Where the content of the HTTP port's pages comes from. The server provides it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "native/http/playground.h"
#include "session/authenticator.h"

namespace isocache {

// What /readyz reports.
enum class Readiness : std::uint8_t { kLoading, kReady, kDraining };

// The pages about the cache, which are called on any thread, and the playground.
struct HttpPages {
  std::function<std::string()> metrics;  // Prometheus text
  std::function<std::string()> stats_json;
  PlaygroundFiles playground = {};  // empty: "/" lists the pages
};

struct PageSources {
  const HttpPages& pages;
  const std::atomic<Readiness>& readiness;
  const Authenticator* passwords = nullptr;  // null: everyone sees everything
};

}  // namespace isocache
