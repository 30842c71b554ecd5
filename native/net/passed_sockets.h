// Sockets that the service manager has opened and passes on, by systemd's protocol
// (sd_listen_fds(3)): $LISTEN_FDS descriptors from 3 on, for the process $LISTEN_PID, with names in
// $LISTEN_FDNAMES.
#pragma once

#include <string>
#include <vector>

#include "native/base/file_descriptor.h"

namespace isocache {

struct PassedSocket {
  FileDescriptor socket;
  std::string name;  // FileDescriptorName of the unit; empty: none was passed
};

// Whether there are any for this process.
bool sockets_are_passed();
// Takes them; call it once. Empty: there are none, or they are for another process. Throws
// SystemError: a descriptor is no stream socket that listens.
std::vector<PassedSocket> take_passed_sockets();

}  // namespace isocache
