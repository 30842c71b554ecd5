// -o drop_privileges: refuses system calls that serving does not need, for good and for all code in
// the process. Uses libseccomp; without it at build time, kHasSystemCallFilter is false.
//
//   every thread, once it has all it needs --load()--> whatever is not listed fails with EACCES
//
// The filter forbids running programs, tracing, opening files for writing, making memory
// executable, and access to another process's memory. Threads inherit the filter of the thread that
// starts them.
#pragma once

#include <cstdint>

namespace isocache {

#ifdef ISOCACHE_SECCOMP
inline constexpr bool kHasSystemCallFilter = true;
#else
inline constexpr bool kHasSystemCallFilter = false;
#endif

class SystemCallFilter {
 public:
  enum class Thread : std::uint8_t {
    kMain,    // accepts, removes its files at the end
    kWorker,  // serves clients
  };
  // `reads_files`: the process may read certificates or passwords again. `uses_tier`: the thread
  // reads and writes the files of -o ext_path, which are open already. What io_uring does on behalf
  // of a thread is not filtered; a thread cannot make another ring.
  SystemCallFilter(Thread thread, bool reads_files, bool uses_tier = false)
      : thread_(thread), reads_files_(reads_files), uses_tier_(uses_tier) {}

  // Throws SystemError: this kernel cannot filter.
  static void check_kernel();
  // Filters the calling thread. REQUIRES: kHasSystemCallFilter. Throws SystemError.
  void load() const;

 private:
  Thread thread_;
  bool reads_files_;
  bool uses_tier_;
};

}  // namespace isocache
