/*
 * Makes the calls of a trace (bench/probe-trace.ts says what its lines are) and prints how long that took, how many
 * ioctls it were, and how many of them came out otherwise than in the trace. The trace is parsed before the clock
 * starts; file descriptors and addresses are this program's own.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { FDS = 4096, MAPPINGS = 256 };

struct call {
  char kind;
  int fd, slot, returned, protection, flags;
  unsigned long request, argument;
  long offset, length;
  unsigned char *bytes;
  char *path;
};

static int fds[FDS];
static unsigned char *mapped[MAPPINGS];
static size_t lengths[MAPPINGS];

static unsigned char *from_hex(const char *text, long *length) {
  long count = (long)strcspn(text, "\n") / 2;
  unsigned char *bytes = malloc(count ? count : 1);
  for (long at = 0; at < count; at++) {
    unsigned value;
    sscanf(text + 2 * at, "%2x", &value);
    bytes[at] = (unsigned char)value;
  }
  *length = count;
  return bytes;
}

static int parse(const char *line, struct call *call) {
  int consumed = 0;
  call->kind = line[0];
  switch (line[0]) {
  case 'o':
    call->path = malloc(strlen(line));
    return sscanf(line, "o %d %s", &call->fd, call->path) == 2;
  case 'c':
    return sscanf(line, "c %d", &call->fd) == 1;
  case 'i':
    return sscanf(line, "i %d %lu %lu %d", &call->fd, &call->request, &call->argument, &call->returned) == 4;
  case 'b':
    if (sscanf(line, "b %d %lu %d %n", &call->fd, &call->request, &call->returned, &consumed) != 3) return 0;
    call->bytes = from_hex(line + consumed, &call->length);
    return 1;
  case 'm':
    return sscanf(line, "m %d %ld %d %d %d %ld", &call->slot, &call->length, &call->protection, &call->flags, &call->fd,
                  &call->offset) == 6;
  case 'u':
    return sscanf(line, "u %d", &call->slot) == 1;
  case 'r':
    return sscanf(line, "r %ld %d %lu", &call->offset, &call->slot, &call->argument) == 3;
  case 'w':
    if (sscanf(line, "w %d %ld %n", &call->slot, &call->offset, &consumed) != 2) return 0;
    call->bytes = from_hex(line + consumed, &call->length);
    return 1;
  default:
    return 0;
  }
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int count, char **arguments) {
  FILE *file = count == 2 ? fopen(arguments[1], "r") : NULL;
  if (!file) return fprintf(stderr, "usage: probe TRACE\n"), 2;
  struct call *calls = NULL;
  size_t room = 0, total = 0, line_room = 0;
  char *line = NULL;
  while (getline(&line, &line_room, file) > 0) {
    if (total == room) calls = realloc(calls, (room = room ? room * 2 : 1024) * sizeof *calls);
    memset(&calls[total], 0, sizeof *calls);
    if (!parse(line, &calls[total])) return fprintf(stderr, "not a line of a trace: %.40s\n", line), 2;
    total++;
  }
  memset(fds, 0xff, sizeof fds);
  const unsigned long create_vm = 0xae01, create_vcpu = 0xae41;
  long ioctls = 0, otherwise = 0;
  const struct call *relocation = NULL;
  double start = milliseconds();
  for (size_t at = 0; at < total; at++) {
    struct call *call = &calls[at];
    int fd = call->fd >= 0 && call->fd < FDS ? fds[call->fd] : -1, returned;
    switch (call->kind) {
    case 'o':
      fds[call->fd] = open(call->path, O_RDWR | O_CLOEXEC);
      break;
    case 'c':
      close(fd);
      fds[call->fd] = -1;
      break;
    case 'i':
      returned = ioctl(fd, call->request, call->argument);
      ioctls++;
      if (returned >= 0 && (call->request == create_vm || call->request == create_vcpu)) {
        if (call->returned >= 0) fds[call->returned] = returned;
        returned = call->returned;
      }
      otherwise += returned != call->returned;
      break;
    case 'b':
      if (relocation) {
        uint64_t address = (uint64_t)(uintptr_t)mapped[relocation->slot] + relocation->argument;
        memcpy(call->bytes + relocation->offset, &address, sizeof address);
        relocation = NULL;
      }
      otherwise += ioctl(fd, call->request, call->bytes) != call->returned;
      ioctls++;
      break;
    case 'm':
      mapped[call->slot] = mmap(NULL, call->length, call->protection, call->flags, fd, call->offset);
      lengths[call->slot] = call->length;
      break;
    case 'u':
      munmap(mapped[call->slot], lengths[call->slot]);
      break;
    case 'r':
      relocation = call;
      break;
    case 'w':
      memcpy(mapped[call->slot] + call->offset, call->bytes, call->length);
      break;
    }
  }
  printf("%.3f %ld %ld\n", milliseconds() - start, ioctls, otherwise);
  return 0;
}
