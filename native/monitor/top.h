// `isocached top`: what happens in a running server, live in a terminal, or as plain text.
#pragma once

namespace isocache {

// `argv[0]` is "top". Returns the exit status: 0, or 1 if the server cannot be watched. Throws
// UsageError.
int top(int argc, char** argv);

}  // namespace isocache
