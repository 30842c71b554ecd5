// A program may do without Store::flush_prefix(). Then it has a definition of its own that says no,
// which the linker takes instead of that in prefix_part.cc, as with command/program_parts.h.
#pragma once

namespace isocache {

bool prefixes_can_be_flushed();

}  // namespace isocache
