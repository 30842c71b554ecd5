// The requests of clients: pipelines of random commands.
#pragma once

#include <cstdint>
#include <string>

#include "simulation/connection.h"
#include "simulation/request.h"
#include "support/random.h"

namespace isocache::simulation {

// What a client does.
enum class Role : std::uint8_t {
  kGeneral,
  kAdministrator,
  kWriterInOrder,  // the only one of its pair
  kReaderInOrder,
  kLargeReader,  // asks for more than it reads
  kUploader,     // large values, with stops
};

struct WorkloadOptions {
  std::uint32_t keys = 0;
  std::uint32_t number_keys = 8;
  std::size_t largest_value = 0;
  std::uint32_t large_in = 10;  // one value in so many may be up to the largest
  std::uint32_t least_memlimit_mb = 8;
  bool flushes = true;
};

class Workload {
 public:
  Workload(const WorkloadOptions& options, Random& random) : options_(options), random_(random) {}

  // Adds a pipeline to the bytes that the connection's client sends.
  void add_requests(Connection& to, Role role, std::uint32_t pair);

  const WorkloadOptions& options() const { return options_; }

 private:
  ClientRequest make(Command command, KeyId key);
  std::size_t random_length();
  KeyId random_key();
  void finish(Connection& to, ClientRequest request, std::string_view line,
              std::string_view value = {});

  void add_some(Connection& to, Role role, std::uint32_t pair);
  void add_any(Connection& to);
  void add_get(Connection& to, std::size_t keys);
  void add_meta_get(Connection& to, KeyId key, bool quiet);
  void add_store(Connection& to, KeyId key, std::size_t length);
  void add_meta_store(Connection& to, KeyId key, std::size_t length, bool quiet);
  void add_cas(Connection& to);
  void add_delete(Connection& to, KeyId key);
  void add_touch(Connection& to);
  void add_number(Connection& to);
  void add_quiet_run(Connection& to);
  void add_noop(Connection& to);
  void add_admin(Connection& to);
  void add_ordered_writes(Connection& to, std::uint32_t pair);
  void add_ordered_reads(Connection& to, std::uint32_t pair);

  WorkloadOptions options_;
  Random& random_;
  Version last_version_ = 0;
  std::string value_;
};

}  // namespace isocache::simulation
