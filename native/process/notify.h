// Tells the service manager the state of the server, by systemd's notification protocol
// (sd_notify(3)): datagrams of lines NAME=value to the unix socket $NOTIFY_SOCKET.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string_view>

#include "native/base/file_descriptor.h"

namespace isocache {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without them, nothing is sent.
  ServiceManager();

  void ready(std::string_view status);  // `status` is for humans: systemctl status shows it
  void reloading();                     // until ready() is called again
  // `within_ms`: how long the stop may take.
  void stopping(std::string_view status, std::int64_t within_ms);
  void alive();  // the watchdog's sign of life

  // How often alive() is due: half of the watchdog's limit. 0: there is no watchdog.
  std::int64_t watchdog_interval_ms() const { return watchdog_interval_ms_; }

 private:
  void send(std::string_view lines, int flags = 0) const;

  FileDescriptor socket_;
  sockaddr_un address_{};
  socklen_t address_length_ = 0;
  std::int64_t watchdog_interval_ms_ = 0;
};

}  // namespace isocache
