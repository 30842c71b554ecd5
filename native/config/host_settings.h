// Settings of sockets, threads and privileges, as plain data. The core knows none of them; the
// server registers them for `stats settings`.
#pragma once

#include <cstddef>

namespace isocache {

struct HostSettings {
  unsigned max_connections = 1024;          // -c
  bool max_connections_fast = true;         // -o maxconns_fast
  unsigned unix_socket_mode = 0700;         // -a
  unsigned threads = 1;                     // -t
  unsigned tcp_backlog = 1024;              // -b
  unsigned idle_timeout_s = 0;              // -o idle_timeout
  bool drop_privileges = false;             // -o drop_privileges
  std::size_t read_buffer_limit_bytes = 0;  // -o read_buf_mem_limit; 0: none
  std::size_t reply_limit_bytes = 0;        // -o resp_obj_mem_limit; 0: none

  // Accepted, and shown for tools. They have no effect.
  unsigned watcher_logbuf_bytes = 262144;
  unsigned worker_logbuf_bytes = 65536;
};

}  // namespace isocache
