// The requests to the server, and the replies that must come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/random.h"
#include "bench/base/values.h"
#include "bench/loadgen/loadgen_options.h"

namespace isocache::bench {

enum class Command : std::uint8_t { kGet, kSet, kMetaGet, kMetaSet, kMetaArithmetic };

// One request on its way, with the reply that it expects.
struct Expected {
  Command command = Command::kGet;
  std::uint32_t keys = 0;      // of which the reply may hold values, from `position` on
  std::uint64_t position = 0;  // in the sequence of drawn keys
};

// How far a reply has been read.
struct Reply {
  std::size_t bytes = 0;  // taken from the input; 0: more is needed
  bool complete = false;
  std::uint32_t values = 0;
  const char* error = nullptr;  // the reply is not the expected one
};

struct WorkloadName {
  const char* name;
  const char* meaning;
};
std::vector<WorkloadName> workload_names();

// One thread's.
class Workload {
 public:
  // Throws std::runtime_error on an unknown name. `share` of `shares`: sequential keys are split.
  Workload(const LoadOptions& options, unsigned share, unsigned shares);

  // Appends a request to `out`.
  Expected next(std::string& out);
  // Reads part of the reply to `expected` from the front of `input`. Until it is complete,
  // `expected` keeps track of what was read. Throws std::runtime_error if it cannot tell where the
  // reply ends.
  Reply read(std::string_view input, Expected& expected) const;
  // Of a reply that is complete. A key that it should have had is set by the next request, if the
  // options say so.
  void finish(const Expected& expected, const Reply& reply);

 private:
  Command choose();
  std::uint32_t key_at(std::uint64_t position) const;
  void write_key(char* out, std::uint32_t key) const;
  void append_key(std::string& out, std::uint32_t key) const;
  void append_set(std::string& out, Command command, std::uint32_t key);
  std::size_t size_to_set();
  std::string_view value_of(std::uint32_t key, std::size_t bytes) const;
  Reply read_get(std::string_view input, Expected& expected) const;
  Reply read_meta_get(std::string_view input, Expected& expected) const;
  Reply check_value(std::string_view input, std::size_t head, std::size_t length,
                    std::uint32_t key) const;

  LoadOptions options_;
  ValuePool pool_;
  Random random_;
  Command command_ = Command::kGet;
  unsigned sets_percent_ = 0;  // of a mixed workload
  bool vary_sizes_ = false;
  std::uint32_t first_key_ = 0;
  std::vector<std::uint32_t> drawn_;  // empty: keys in turn
  std::uint64_t position_ = 0;
  std::vector<std::uint32_t> missed_;  // to be set
};

}  // namespace isocache::bench
