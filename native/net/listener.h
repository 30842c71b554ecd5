// Sockets that wait for clients: TCP on IPv4 and IPv6, and unix sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/file_descriptor.h"
#include "session/protocols.h"

namespace isocache {

class Listener {
 public:
  enum class Serves : std::uint8_t { kMemcached, kHttp };

  Listener(FileDescriptor socket, std::string unix_path);
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) noexcept = default;
  ~Listener();  // removes the unix socket from the file system

  int fd() const { return socket_.get(); }
  // As the banner shows it: "127.0.0.1:11211", "unix:/run/isocached.sock".
  const std::string& address() const { return address_; }
  unsigned port() const { return port_; }  // 0: a unix socket
  // Only processes on this machine reach it: loopback, or a unix socket.
  bool is_local() const { return local_; }

  // Refuses new clients from now on, and those in the backlog. Removes a unix socket's file, so
  // that a successor can create one there. The descriptor stays open. A socket that was passed is
  // left as it is: its clients wait for the successor.
  void stop_listening();

  // The code that creates the listener sets these.
  Serves serves = Serves::kMemcached;
  Protocols protocols = Protocols::kAny;
  bool tls = false;
  bool passed = false;      // by the service manager, which keeps it
  bool mutual_tls = false;  // the client needs a certificate, whatever ssl_verify_mode says

 private:
  void remove_file();

  FileDescriptor socket_;
  std::string unix_path_;
  std::string address_;
  unsigned port_ = 0;
  bool local_ = true;
};

// Where to listen: "host", "host:port", "[v6]:port", "v6".
struct Endpoint {
  std::string host;
  unsigned port = 0;
};
// Throws UsageError.
Endpoint parse_endpoint(std::string_view text, unsigned default_port);

// Opens one listener for each address of the host's name. Port 0 lets the system choose. Throws
// SystemError: the port is busy, the user is not allowed, there is no such host.
std::vector<Listener> listen_tcp(const Endpoint& endpoint, unsigned backlog);
// A socket that already listens, of a passed descriptor.
Listener adopt_listener(FileDescriptor socket);
// Throws UsageError: the path is too long.
void check_unix_path(const std::string& path);
// `mode` is the file's access mode, such as 0700. A socket file without a server behind it is
// replaced.
Listener listen_unix(const std::string& path, unsigned mode, unsigned backlog);

}  // namespace isocache
