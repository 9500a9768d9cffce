// The native replayer: the operations of a trace on whatever malloc this process has.
//
// It is a program of its own, so that another allocator can be preloaded into it. What is to be done comes as records
// on descriptor 0, answers go to descriptor 3, a line of JSON each; both belong to lib/lab/contenders/wire.ts. It
// decides nothing: which object an operation means, when it is due, what is sampled and when, is found by the
// process that sends the records. That one looks at this one from outside, while this one waits for more.
//
// - Objects are rows of a table, by slot. The table is mapped, never allocated, and written when it grows, so that
//   every byte of it is resident: what it takes is told and can be subtracted. Nothing else here allocates.
// - Each thread of the trace is a thread here; thread 0 is the main one. The order of the trace holds among them:
//   one thread works, and hands the records on to the one that the next record names. Only that one touches the
//   table and the buffer.
// - It ends with END, with the end of its input, and with the process that started it.
//
// Not here: pace, samples, rules about late frees (the sender's); what is resident (the kernel's, asked by the sender).

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/futex.h>

// As in lib/lab/contenders/wire.ts.
enum { kAllocate = 1, kFree, kResize, kTouch, kTouchFrom, kTouchEvery, kCollect, kGiveBack, kAnswer, kEnd, kAlign };
enum { kTouchAll = 1, kTouchPages = 2, kZeroed = 4 };

struct record {
  uint8_t op;
  uint8_t flags;
  uint16_t thread;
  uint32_t slot;
  uint64_t bytes;
};

struct object {
  char *at;
  uint64_t bytes;
};

enum { kAnswers = 3, kRecords = 4096, kMostThreads = 65536, kFirstRows = 4096, kSpins = 2000 };
static const unsigned char kPattern = 0xa5;

// Of whoever works just now.
static struct object *table;
static size_t rows;
static struct record buffer[kRecords];
static size_t filled, next_record;
static uint64_t from_bytes;
// Of the next allocation; 0 for none.
static size_t alignment;
static uint64_t operations, busy_ns, busy_since;

static size_t page_bytes;
static int spins;
static struct {
  _Atomic uint32_t turn;
  uint32_t started;
} threads[kMostThreads];

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void say(const char *text) {
  size_t length = strlen(text);
  for (size_t at = 0; at < length;) {
    ssize_t n = write(kAnswers, text + at, length - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(1);
    at += (size_t)n;
  }
}

static void answer(const char *format, ...) {
  char line[1024];
  va_list values;
  va_start(values, format);
  vsnprintf(line, sizeof line, format, values);
  va_end(values);
  say(line);
}

// A text in a string of JSON: a path may have any byte in it but 0.
static void say_quoted(const char *text) {
  say("\"");
  for (; *text != 0; text++) {
    char one[8];
    unsigned char c = (unsigned char)*text;
    if (c < 0x20 || c == '"' || c == '\\')
      snprintf(one, sizeof one, "\\u%04x", c);
    else
      snprintf(one, sizeof one, "%c", c);
    say(one);
  }
  say("\"");
}

static void fail(const char *what, uint64_t bytes) {
  answer("{\"failed\":\"%s\",\"bytes\":%llu,\"op\":%llu}\n", what, (unsigned long long)bytes,
         (unsigned long long)operations);
  _exit(1);
}

static void grow_table(uint32_t slot) {
  size_t more = rows == 0 ? kFirstRows : rows;
  while (more <= slot) more *= 2;
  size_t old_bytes = rows * sizeof *table, bytes = more * sizeof *table;
  void *grown = rows == 0 ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                          : mremap(table, old_bytes, bytes, MREMAP_MAYMOVE);
  if (grown == MAP_FAILED) fail("table", bytes);
  madvise(grown, bytes, MADV_NOHUGEPAGE);
  table = grown;
  // Written, not only mapped.
  memset((char *)table + old_bytes, 0, bytes - old_bytes);
  rows = more;
}

static void touch(char *at, uint64_t from, uint64_t end, int flags) {
  if (flags & kTouchAll) {
    memset(at + from, kPattern, end - from);
  } else if (flags & kTouchPages) {
    for (char *p = at + from; p < at + end; p += page_bytes - ((uintptr_t)p & (page_bytes - 1))) *(volatile char *)p = (char)kPattern;
  }
}

static void give_back(void);

// By posix_memalign, which takes any size in all allocators.
static void *aligned(size_t bytes) {
  void *at = NULL;
  int error = posix_memalign(&at, alignment, bytes);
  alignment = 0;
  return error == 0 ? at : NULL;
}

// What one record asks for.
static void carry_out(const struct record *r) {
  if (r->slot >= rows) grow_table(r->slot);
  struct object *o = &table[r->slot];
  switch (r->op) {
    case kAllocate:
      o->at = (r->flags & kZeroed) ? calloc(1, r->bytes) : alignment > 0 ? aligned(r->bytes) : malloc(r->bytes);
      if (o->at == NULL && r->bytes > 0) fail("memory", r->bytes);
      o->bytes = r->bytes;
      touch(o->at, 0, r->bytes, r->flags);
      break;
    case kFree:
      free(o->at);
      o->at = NULL;
      break;
    case kResize: {
      // By realloc a size of 0 would be a free; what a program asked for then has come as one.
      char *moved = realloc(o->at, r->bytes == 0 ? 1 : r->bytes);
      if (moved == NULL) fail("memory", r->bytes);
      o->at = moved;
      if (r->bytes > o->bytes) touch(moved, o->bytes, r->bytes, r->flags);
      o->bytes = r->bytes;
      break;
    }
    case kAlign:
      alignment = (size_t)1 << r->slot;
      break;
    case kTouchFrom:
      from_bytes = r->bytes;
      break;
    case kTouch:
      touch(o->at, from_bytes, from_bytes + r->bytes, r->flags);
      from_bytes = 0;
      break;
    case kTouchEvery:
      for (uint64_t i = 0; i < o->bytes; i += r->bytes) ((volatile char *)o->at)[i] = (char)kPattern;
      if (o->bytes > 0) ((volatile char *)o->at)[o->bytes - 1] = (char)kPattern;
      break;
    case kGiveBack:
      give_back();
      break;
    default:
      break;
  }
  operations++;
}

// The next record; NULL at the end of the input.
static const struct record *next(void) {
  if (next_record == filled) {
    uint64_t before = now_ns();
    busy_ns += before - busy_since;
    size_t have = 0;
    // Whole records, one at least. An allocator may bring signal handlers: an interrupted read has brought nothing.
    while (have == 0 || have % sizeof(struct record) != 0) {
      ssize_t n = read(0, (char *)buffer + have, sizeof buffer - have);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return NULL;
      have += (size_t)n;
    }
    filled = have / sizeof(struct record);
    next_record = 0;
    busy_since = now_ns();
  }
  return &buffer[next_record];
}

static void wait_for_turn(uint32_t self) {
  for (int i = 0; i < spins; i++)
    if (threads[self].turn) break;
  while (!threads[self].turn) syscall(SYS_futex, &threads[self].turn, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  threads[self].turn = 0;
}

static void *work(void *self);

static void hand_on(uint32_t to) {
  if (!threads[to].started) {
    threads[to].started = 1;
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    if (pthread_create(&thread, &attributes, work, (void *)(uintptr_t)to) != 0) fail("thread", to);
  }
  threads[to].turn = 1;
  syscall(SYS_futex, &threads[to].turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *work(void *argument) {
  uint32_t self = (uint32_t)(uintptr_t)argument;
  if (self != 0) wait_for_turn(self);
  for (;;) {
    const struct record *r = next();
    if (r == NULL || r->op == kEnd) _exit(0);
    if (r->op == kAnswer) {
      uint64_t working = busy_ns + (now_ns() - busy_since);
      next_record++;
      answer("{\"op\":%llu,\"busyNs\":%llu,\"own\":%llu}\n", (unsigned long long)operations,
             (unsigned long long)working, (unsigned long long)(rows * sizeof *table));
      continue;
    }
    if (r->thread != self) {
      hand_on(r->thread);
      wait_for_turn(self);
      continue;
    }
    next_record++;
    carry_out(r);
  }
}

// Allocators' own calls, where they are there. A union, since ISO C has no cast from object to function pointers.
#define CALL(type, name)                                                    \
  union {                                                                   \
    void *object;                                                           \
    type;                                                                   \
  } name = {dlsym(RTLD_DEFAULT, #name)}

// All that is free goes back to the system, in each allocator's own way.
static void give_back(void) {
  CALL(int (*call)(const char *, void *, size_t *, void *, size_t), mallctl);
  CALL(void (*call)(int), mi_collect);
  CALL(void (*call)(void), MallocExtension_ReleaseFreeMemory);
  CALL(int (*call)(size_t), malloc_trim);
  // 4096 stands for all arenas.
  if (mallctl.object != NULL) {
    mallctl.call("thread.tcache.flush", NULL, NULL, NULL, 0);
    mallctl.call("arena.4096.purge", NULL, NULL, NULL, 0);
  } else if (mi_collect.object != NULL) {
    mi_collect.call(1);
  } else if (MallocExtension_ReleaseFreeMemory.object != NULL) {
    MallocExtension_ReleaseFreeMemory.call();
  } else if (malloc_trim.object != NULL) {
    malloc_trim.call(0);
  }
}

static void tell_who(void) {
  CALL(int (*call)(const char *, void *, size_t *, void *, size_t), mallctl);
  CALL(int (*call)(void), mi_version);
  CALL(const char *(*call)(int *, int *, const char **), tc_version);
  CALL(const char *(*call)(void), gnu_get_libc_version);
  const char *name = "libc", *version = "";
  char number[32] = "";
  if (mallctl.object != NULL) {
    size_t size = sizeof version;
    name = "jemalloc";
    if (mallctl.call("version", &version, &size, NULL, 0) != 0) version = "";
  } else if (mi_version.object != NULL) {
    int v = mi_version.call();
    name = "mimalloc";
    snprintf(number, sizeof number, "%d.%d.%d", v / 100, v / 10 % 10, v % 10);
    version = number;
  } else if (tc_version.object != NULL) {
    int major = 0, minor = 0;
    const char *patch = NULL;
    name = "tcmalloc";
    tc_version.call(&major, &minor, &patch);
    snprintf(number, sizeof number, "%d.%d%.16s", major, minor, patch == NULL ? "" : patch);
    version = number;
  } else if (gnu_get_libc_version.object != NULL) {
    name = "glibc";
    version = gnu_get_libc_version.call();
  }
  Dl_info where;
  void *function = dlsym(RTLD_DEFAULT, "malloc");
  const char *library = function != NULL && dladdr(function, &where) != 0 && where.dli_fname ? where.dli_fname : "";
  say("{\"allocator\":");
  say_quoted(name);
  say(",\"version\":");
  say_quoted(version);
  say(",\"library\":");
  say_quoted(library);
  say("}\n");
}

int main(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A terminal sends these to all that it runs; the starter ends this process.
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  spins = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? kSpins : 0;
  memset(buffer, 0, sizeof buffer);
  grow_table(0);
  threads[0].started = 1;
  tell_who();
  busy_since = now_ns();
  work(NULL);
  return 0;
}
