// What a process has used so far, from /proc: Linux only.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

namespace isocache::bench {

struct ProcessUsage {
  double cpu_s = 0;   // exact: the scheduler's own count, over all threads
  double user_s = 0;  // sampled by the tick; their sum is nearly cpu_s over a second or more
  double system_s = 0;
  std::uint64_t sleeps = 0;     // voluntary context switches
  std::uint64_t preempted = 0;  // involuntary ones: somebody else wanted the core
  std::uint64_t rss_bytes = 0;
};

// The number after "name:" in a /proc/.../status file; 0 when it is not there.
inline std::uint64_t status_number(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1));
  }
  return 0;
}

// Throws std::runtime_error when there is no such process.
inline ProcessUsage usage_of(int pid) {
  namespace fs = std::filesystem;
  const fs::path process = "/proc/" + std::to_string(pid);
  std::ifstream stat(process / "stat");
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  // The second field is the name in brackets, which may hold anything; user time is the 14th.
  const std::size_t after_name = text.rfind(')');
  if (after_name == std::string::npos) throw std::runtime_error("no process " + process.string());
  std::istringstream fields(text.substr(after_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  ProcessUsage usage;
  const auto ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
  fields >> usage.user_s >> usage.system_s;
  usage.user_s /= ticks_per_s;
  usage.system_s /= ticks_per_s;

  for (const auto& thread : fs::directory_iterator(process / "task")) {
    double run_ns = 0;
    std::ifstream(thread.path() / "schedstat") >> run_ns;
    usage.cpu_s += run_ns * 1e-9;
    usage.sleeps += status_number(thread.path() / "status", "voluntary_ctxt_switches");
    usage.preempted += status_number(thread.path() / "status", "nonvoluntary_ctxt_switches");
  }
  usage.rss_bytes = status_number(process / "status", "VmRSS") * 1024;
  return usage;
}

inline ProcessUsage operator-(const ProcessUsage& later, const ProcessUsage& earlier) {
  return {later.cpu_s - earlier.cpu_s,         later.user_s - earlier.user_s,
          later.system_s - earlier.system_s,   later.sleeps - earlier.sleeps,
          later.preempted - earlier.preempted, later.rss_bytes};
}

}  // namespace isocache::bench
