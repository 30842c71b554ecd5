// TierIo over io_uring: a ring for each thread, with which the arena of read buffers is registered.
#pragma once

#include <memory>

#include "native/tier/tier_io.h"

namespace isocache {

// 0, or the errno for which this process cannot have a ring. ENOSYS: this build has no liburing.
int ring_error();

// Throws SystemError: there is no memory for one more ring. REQUIRES: ring_error() is 0.
std::unique_ptr<TierIo> make_ring_io(const TierIoOptions& options,
                                     std::shared_ptr<const TierFiles> files,
                                     std::shared_ptr<ReadBuffers> buffers);

}  // namespace isocache
