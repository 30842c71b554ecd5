// Preloaded into a server: makes reads and writes of -o ext_path fail, or lie. Only the engine that uses threads can
// be shown faults in this way; io_uring does not go through the C library.
//
// $FAULTY_FILE is a file of a page, which both sides map:
//
//   bytes 0..          text: "read KIND EVERY LIMIT_MS write KIND EVERY LIMIT_MS", and a zero
//   bytes 512..        counts, 64 bits each: reads, faults of reads, writes, faults of writes
//
// $FAULTY_PREPARE_MS: how long it takes to reserve room at the start.
//
// EVERY: one of so many calls gets the fault. LIMIT_MS: late calls take 0 to LIMIT_MS. A call that hangs goes on when the
// text no longer says `hang`.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, COUNTS_AT = 512, BLOCK = 4096, KIND = 16 };
enum { READS, READ_FAULTS, WRITES, WRITE_FAULTS };

typedef ssize_t (*vector_call)(int, const struct iovec*, int, off_t);
struct fault {
  char kind[KIND];
  unsigned every;
  unsigned limit_ms;
};

static char* shared;

__attribute__((constructor)) static void open_control(void) {
  const char* path = getenv("FAULTY_FILE");
  int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page != MAP_FAILED) shared = page;
  close(fd);
}

static uint64_t* counts(void) { return (uint64_t*)(void*)(shared + COUNTS_AT); }

static struct fault wanted(int is_write) {
  struct fault read = {"ok", 1, 0};
  struct fault write = {"ok", 1, 0};
  if (shared != NULL) {
    sscanf(shared, "read %15s %u %u write %15s %u %u", read.kind, &read.every, &read.limit_ms, write.kind, &write.every,
           &write.limit_ms);
  }
  return is_write ? write : read;
}

static int is(const struct fault* fault, const char* kind) { return strcmp(fault->kind, kind) == 0; }

static unsigned chance(void) {
  static _Thread_local unsigned seed;
  if (seed == 0) seed = (unsigned)(uintptr_t)&seed | 1;
  return (unsigned)rand_r(&seed);
}

static void sleep_ms(unsigned ms) {
  const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
  nanosleep(&time, NULL);
}

static size_t length_of(const struct iovec* parts, int count) {
  size_t length = 0;
  for (int n = 0; n < count; ++n) length += parts[n].iov_len;
  return length;
}

static int fail(int error) {
  errno = error;
  return -1;
}

static void flip_bit(const struct iovec* parts, int count, size_t length) {
  size_t at = chance() % length;
  for (int n = 0; n < count; ++n) {
    if (at < parts[n].iov_len) {
      ((unsigned char*)parts[n].iov_base)[at] ^= (unsigned char)(1U << chance() % 8);
      return;
    }
    at -= parts[n].iov_len;
  }
}

// Another place of the file, where records lie as well.
static off_t elsewhere(int fd, off_t offset, size_t length) {
  static const off_t distances[] = {4096, 65536, 1 << 20, 2 << 20};
  struct stat facts;
  const off_t other = offset ^ distances[chance() % 4];
  if (fstat(fd, &facts) != 0 || other + (off_t)length > facts.st_size) return offset;
  return other;
}

// The bytes in one piece, so that they can be spoilt without spoiling the caller's.
static char* copy_of(const struct iovec* parts, int count, size_t length) {
  char* copy = aligned_alloc(BLOCK, (length + BLOCK - 1) / BLOCK * BLOCK);
  size_t at = 0;
  for (int n = 0; copy != NULL && n < count; ++n) {
    memcpy(copy + at, parts[n].iov_base, parts[n].iov_len);
    at += parts[n].iov_len;
  }
  return copy;
}

// False: the fault is one of those below, in faulty_read() and faulty_write().
static int common_fault(const struct fault* fault, int is_write, ssize_t* result) {
  if (is(fault, "hang")) {
    while (is(fault, "hang")) {
      sleep_ms(2);
      const struct fault now = wanted(is_write);
      if (!is(&now, "hang")) break;
    }
    return 0;
  }
  if (is(fault, "late")) sleep_ms(fault->limit_ms == 0 ? 0 : chance() % fault->limit_ms);
  if (is(fault, "eio")) *result = fail(EIO);
  if (is(fault, "enospc")) *result = fail(ENOSPC);
  if (is(fault, "eintr")) *result = fail(EINTR);
  if (is(fault, "nothing")) *result = 0;
  return is(fault, "eio") || is(fault, "enospc") || is(fault, "eintr") || is(fault, "nothing");
}

static ssize_t faulty_read(vector_call call, int fd, const struct iovec* parts, int count, off_t offset,
                           const struct fault* fault) {
  ssize_t result = 0;
  if (common_fault(fault, 0, &result)) return result;
  const off_t from = is(fault, "misdirected") ? elsewhere(fd, offset, length_of(parts, count)) : offset;
  result = call(fd, parts, count, from);
  if (result > 1 && is(fault, "short")) result /= 2;
  if (result > 0 && is(fault, "flip")) flip_bit(parts, count, (size_t)result);
  return result;
}

static ssize_t faulty_write(vector_call call, int fd, const struct iovec* parts, int count, off_t offset,
                            const struct fault* fault) {
  const size_t length = length_of(parts, count);
  ssize_t result = 0;
  if (common_fault(fault, 1, &result)) return result;
  if (is(fault, "lost")) return (ssize_t)length;
  if (is(fault, "misdirected")) return call(fd, parts, count, elsewhere(fd, offset, length));
  if (!is(fault, "torn") && !is(fault, "short") && !is(fault, "flip")) return call(fd, parts, count, offset);
  char* copy = copy_of(parts, count, length);
  if (copy == NULL) return fail(EIO);
  struct iovec whole = {copy, length};
  if (is(fault, "flip")) {
    flip_bit(&whole, 1, length);
  } else if (length > BLOCK) {
    whole.iov_len = (1 + chance() % (length / BLOCK - 1)) * BLOCK;
  }
  result = call(fd, &whole, 1, offset);
  free(copy);
  return result > 0 && is(fault, "torn") ? (ssize_t)length : result;
}

static ssize_t intercept(const char* name, int is_write, int fd, const struct iovec* parts, int count, off_t offset) {
  const vector_call call = (vector_call)dlsym(RTLD_NEXT, name);
  if (shared == NULL) return call(fd, parts, count, offset);
  const struct fault fault = wanted(is_write);
  __atomic_fetch_add(&counts()[is_write ? WRITES : READS], 1, __ATOMIC_RELAXED);
  if (is(&fault, "ok") || chance() % (fault.every == 0 ? 1 : fault.every) != 0) return call(fd, parts, count, offset);
  __atomic_fetch_add(&counts()[is_write ? WRITE_FAULTS : READ_FAULTS], 1, __ATOMIC_RELAXED);
  return (is_write ? faulty_write : faulty_read)(call, fd, parts, count, offset, &fault);
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  int (*const call)(int, int, off_t, off_t) = (int (*)(int, int, off_t, off_t))dlsym(RTLD_NEXT, "fallocate");
  const char* const slow = getenv("FAULTY_PREPARE_MS");
  if (slow != NULL) sleep_ms((unsigned)atoi(slow));
  return call(fd, mode, offset, length);
}

ssize_t preadv(int fd, const struct iovec* parts, int count, off_t offset) {
  return intercept("preadv", 0, fd, parts, count, offset);
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
  return intercept("pwritev", 1, fd, parts, count, offset);
}
