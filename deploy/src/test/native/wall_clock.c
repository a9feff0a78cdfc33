/*
 * Preloaded into a process, moves its wall clock by the nanoseconds that a file says, which is
 * mapped: 8 bytes, signed, of this machine's byte order. TEST_WALL_CLOCK names the file. The
 * monotonic clock goes on as if nothing happened, as the kernel's does when the time is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NANOS_PER_SECOND 1000000000L

static int (*real)(clockid_t, struct timespec *);
static const volatile int64_t *offset;

__attribute__((constructor)) static void map_offset(void) {
  const char *path = getenv("TEST_WALL_CLOCK");
  int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) {
    abort();
  }
  close(fd);
  real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  offset = page;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = real == NULL ? (int)syscall(SYS_clock_gettime, clock, now) : real(clock, now);
  if (failed || offset == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) {
    return failed;
  }
  int64_t nanos = now->tv_sec * NANOS_PER_SECOND + now->tv_nsec + *offset;
  now->tv_sec = nanos / NANOS_PER_SECOND;
  now->tv_nsec = nanos % NANOS_PER_SECOND;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *copy) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (copy != NULL) {
    *copy = exact.tv_sec;
  }
  return exact.tv_sec;
}
