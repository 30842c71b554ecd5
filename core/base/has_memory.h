// For code that must not end half-way when memory runs out.
#pragma once

#include <new>
#include <utility>

namespace isocache {

// Takes the step. False: it has thrown std::bad_alloc. In wasm nothing throws: there the instance
// ends if memory runs out.
template <typename Step>
bool has_memory_for(Step&& step) {
#if defined(__cpp_exceptions)
  try {
    std::forward<Step>(step)();
  } catch (const std::bad_alloc&) {
    return false;
  }
#else
  std::forward<Step>(step)();
#endif
  return true;
}

}  // namespace isocache
