// -o drop_privileges: the system calls that serving does not need are refused, for good, whoever
// asks for them. Through libseccomp; without it at build time, kHasSystemCallFilter is false.
//
//   every thread, once it has all it needs --load()--> whatever is not listed fails with EACCES
//
// Nothing is run, traced, or opened for writing; memory is made neither executable nor another
// process's. A thread's filter goes over to the threads it starts.
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
  // `reads_files`: certificates or passwords may be read again.
  SystemCallFilter(Thread thread, bool reads_files) : thread_(thread), reads_files_(reads_files) {}

  // Throws SystemError: this kernel filters nothing.
  static void check_kernel();
  // For the calling thread. REQUIRES: kHasSystemCallFilter. Throws SystemError.
  void load() const;

 private:
  Thread thread_;
  bool reads_files_;
};

}  // namespace isocache
