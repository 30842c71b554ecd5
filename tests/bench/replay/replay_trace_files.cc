// Traces from files. Compressed ones are read through zstd's and gzip's own programs.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/base/random.h"
#include "bench/replay/replay_trace.h"

namespace isocache::bench {
namespace {

std::string unpack_command(const std::string& path) {
  if (path.find('\'') != std::string::npos) throw std::runtime_error("a quote in " + path);
  const auto ends = [&](std::string_view end) {
    return path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
  };
  const char* program = ends(".zst") ? "zstd -dcq" : ends(".gz") ? "gzip -dc" : "cat";
  return std::string(program) + " < '" + path + "'";
}

// Calls visit(line) for every line.
template <typename Visit>
void for_each_line(const std::string& path, Visit&& visit) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(unpack_command(path).c_str(), "r"), pclose);
  if (!pipe) throw std::runtime_error("cannot read " + path);
  std::array<char, 512> line{};
  std::size_t lines = 0;
  for (; std::fgets(line.data(), line.size(), pipe.get()) != nullptr; ++lines) {
    visit(std::string_view(line.data()));
  }
  if (pclose(pipe.release()) != 0 || lines == 0) throw std::runtime_error("cannot read " + path);
}

// Takes a number and the separator after it off the front.
std::uint64_t take_number(std::string_view& line, char separator) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc()) throw std::runtime_error("not a number: " + std::string(line));
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.empty() && line.front() == separator) line.remove_prefix(1);
  return number;
}

void skip_field(std::string_view& line, char separator) {
  const std::size_t at = line.find(separator);
  line.remove_prefix(at == std::string_view::npos ? line.size() : at + 1);
}

// Numbers objects in the order in which they appear.
class Numbering {
 public:
  std::uint32_t of(std::uint64_t name) {
    return numbers_.try_emplace(name, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  std::uint32_t count() const { return static_cast<std::uint32_t>(numbers_.size()); }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
};

// One size an object, lognormal with sigma 1, scaled to `total_bytes` in all.
std::vector<std::uint32_t> lognormal_sizes(std::uint32_t objects, double total_bytes) {
  std::vector<double> raw(objects);
  double sum = 0;
  for (std::uint32_t object = 0; object < objects; ++object) {
    raw[object] = std::exp(Random(object).normal());
    sum += raw[object];
  }
  std::vector<std::uint32_t> sizes(objects);
  for (std::uint32_t object = 0; object < objects; ++object) {
    sizes[object] = 1 + static_cast<std::uint32_t>(raw[object] * total_bytes / sum);
  }
  return sizes;
}

}  // namespace

Trace load_oltp(const std::string& path) {
  Trace trace;
  trace.name = "oltp";
  Numbering numbering;
  for_each_line(path, [&](std::string_view line) {
    const std::uint64_t first = take_number(line, ' ');
    const std::uint64_t count = take_number(line, ' ');
    for (std::uint64_t block = first; block < first + count; ++block) {
      TraceRequest request;
      request.object = numbering.of(block);
      trace.requests.push_back(request);
    }
  });
  trace.objects = numbering.count();
  const auto sizes = lognormal_sizes(trace.objects, 1e9);
  for (TraceRequest& request : trace.requests) request.size = sizes[request.object];
  return trace;
}

Trace load_cloud_physics(const std::string& path) {
  Trace trace;
  trace.name = "cloudphysics";
  Numbering numbering;
  std::vector<std::uint32_t> sizes;
  bool heading = true;
  for_each_line(path, [&](std::string_view line) {
    if (heading) {
      heading = false;
      return;
    }
    for (int field = 0; field < 3; ++field) skip_field(line, ',');  // version, time, op
    const auto size = static_cast<std::uint32_t>(take_number(line, ','));
    TraceRequest request;
    request.object = numbering.of(take_number(line, ','));
    if (request.object == sizes.size()) sizes.push_back(size);
    request.size = sizes[request.object];
    trace.requests.push_back(request);
  });
  trace.objects = numbering.count();
  return trace;
}

}  // namespace isocache::bench
