// The recorder's stream: one file a process, whose pages are the writer's memory.
//
// Threads draw slots of the file from one counter, `head`, and write their records there; so the order of the file is
// the order of drawing, and nothing has to be merged. The file is mapped shared, step by step as it grows: what is
// written belongs to the file at once, whatever ends the program. `table` has the address of every quarter of a MiB of
// records, 0 where there is none yet: then the slow path makes the file longer and maps more.
//
// Invariants:
// - What is mapped stays mapped: a thread may have drawn a slot there and be stopped before it writes. Its pages are
//   given back (they stay in the file), so that the program is not resident with its own record.
// - Blocks are allocated before they are mapped. A full disk is an answer of fallocate then, never a SIGBUS. A limit of
//   the file's size is looked up before: exceeding it would be a signal.
// - All state lies in pages that the kernel wipes on fork. A child finds zeros, which is how a process begins, and
//   opens a file of its own. A child of vfork shares the memory, and so the file.
// - The slow path blocks signals and holds a lock; the fast path needs neither: drawing is one instruction, so that a
//   signal handler which allocates draws the next slot.
// - The file is opened by its path for each step, and closed: a program may close descriptors that it does not know. One
//   is kept all the same, high up, for who has lost the right to open the path; before it is used, its device and inode
//   tell whether it still is the file. Where both ways fail, recording stops.
// - Only system calls, no function of the C library: errno stays, and nothing can come back here.
#include "recorder.h"

#include <fcntl.h>
#include <linux/mman.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

// Set to false by glibc before a second thread begins.
extern char __libc_single_threaded __attribute__((weak));

enum {
  // Of the record area: bytes of an entry of the table, and of a step by which the file grows at most.
  entryShift = 18,
  entryBytes = 1 << entryShift,
  slotsShift = entryShift - 4,
  mostStep = 1 << 20,
  // 32 GiB of records.
  entries = 1 << 17,
  // Addresses are kept free for so much, so that the mappings are one.
  reserveBytes = 1 << 28,
  pageBytes = 4096,
};

struct state {
  // Slots drawn; on a line of its own.
  uint64_t head __attribute__((aligned(64)));
  // The upper bits of the counter that the last record of kind kClock told.
  uint64_t epoch __attribute__((aligned(64)));
  // 1 while records are taken: the one thing that the fast path looks at.
  uint32_t active;
  uint32_t lock;
  uint32_t is_stopped;
  uint64_t threads;
  struct header *header;
  uint64_t file_bytes;  // of records, mapped so far
  char *reserved, *reserved_end;
  char *last;  // the step mapped last, and its length
  uint64_t last_bytes;
  char path[4352];
  char *table[entries] __attribute__((aligned(mostPageBytes)));
};

// Whole pages, since the kernel wipes pages.
static struct state state;
// 0: not numbered yet. Of a child of fork it is that of its parent's thread, and set anew.
// The descriptor that is kept, and the file it is of; not wiped, so that a child closes that of its parent. −1 for none.
static int kept = -1;
static uint64_t kept_device, kept_inode;
static __thread uint32_t thread_number __attribute__((tls_model("initial-exec")));

static uint64_t clock_ns(int clock) {
  struct timespec t = {0, 0};
  CALL(SYS_clock_gettime, clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void stop(enum reason why, long error) {
  if (state.header != 0) {
    state.header->reason = why;
    state.header->error = (uint64_t)-error;
    state.header->ending = stopped;
  }
  state.active = 0;
  __atomic_store_n(&state.is_stopped, 1, __ATOMIC_RELEASE);
}

static char *append(char *at, const char *text) {
  while (*text != 0) *at++ = *text++;
  *at = 0;
  return at;
}

static size_t length_of(const char *text) {
  size_t n = 0;
  while (text[n] != 0) n++;
  return n;
}

static char *append_number(char *at, uint64_t n) {
  char digits[24];
  int i = sizeof digits;
  digits[--i] = 0;
  do digits[--i] = (char)('0' + n % 10);
  while ((n /= 10) != 0);
  return append(at, digits + i);
}

static void read_file(const char *path, char *to, uint32_t most, uint32_t *length) {
  long fd = CALL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return;
  long n = CALL(SYS_read, fd, to, most);
  *length = n < 0 ? 0 : (uint32_t)n;
  CALL(SYS_close, fd);
}

// The kilobytes that follow a name at the beginning of a line of /proc/self/status; 0 where there are none.
static uint64_t kilobytes(const char *text, const char *end, const char *name) {
  for (const char *line = text; line < end;) {
    const char *at = line;
    for (const char *n = name; *n != 0 && at < end && *at == *n; n++) at++;
    if (at - line == (long)length_of(name)) {
      uint64_t value = 0;
      for (; at < end && *at != '\n'; at++)
        if (*at >= '0' && *at <= '9') value = 10 * value + (uint64_t)(*at - '0');
      return value;
    }
    while (line < end && *line++ != '\n') {
    }
  }
  return 0;
}

struct resident {
  uint64_t all, anon;
};

static struct resident resident_now(void) {
  // One at a time comes here, and not on the small stack of a thread.
  static char text[8192];
  uint32_t length = 0;
  read_file("/proc/self/status", text, sizeof text, &length);
  struct resident now = {kilobytes(text, text + length, "VmRSS:"), kilobytes(text, text + length, "RssAnon:")};
  return now;
}

static void fill_header(struct header *h, struct resident before) {
  h->version = 2;
  h->header_bytes = headerBytes;
  h->pid = (uint64_t)CALL(SYS_getpid, 0);
  h->parent = (uint64_t)CALL(SYS_getppid, 0);
  h->first_count = counter();
  h->first_ns = clock_ns(CLOCK_MONOTONIC);
  h->wall_ns = clock_ns(CLOCK_REALTIME);
  CALL(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", h->executable, sizeof h->executable - 1);
  read_file("/proc/self/cmdline", h->command, sizeof h->command, &h->command_bytes);
  h->resident_before = before.all;
  h->anon_before = before.anon;
  for (int i = 0; i < 8; i++) h->magic[i] = "PHEAPRAW"[i];
}

// Whether a file may have so many bytes: more would be a signal.
static int is_within_limit(uint64_t bytes) {
  struct rlimit limit;
  return CALL(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, &limit) != 0 || bytes <= limit.rlim_cur;
}

// Gives [from, from + bytes) of the file blocks; 0 or −errno.
static long allocate(long fd, uint64_t from, uint64_t bytes) {
  long error = CALL(SYS_fallocate, fd, 0, from, bytes);
  if (error != -95 /* EOPNOTSUPP */ && error != -38 /* ENOSYS */) return error;
  static const char zeros[pageBytes];
  for (uint64_t at = from; at < from + bytes;) {
    uint64_t rest = from + bytes - at;
    long n = CALL(SYS_pwrite64, fd, zeros, rest < sizeof zeros ? rest : sizeof zeros, at);
    if (n <= 0) return n == 0 ? -28 /* ENOSPC */ : n;
    at += (uint64_t)n;
  }
  return 0;
}

// Stops because blocks were refused.
static void stop_refused(long error) {
  if (error == -27 /* EFBIG */) stop(fileLimit, error);
  else stop(error == -28 || error == -122 ? diskFull : cannotOpen, error);
}

static int is_kept(void) {
  struct stat s;
  return kept >= 0 && CALL(SYS_fstat, kept, &s) == 0 && s.st_dev == kept_device && s.st_ino == kept_inode;
}

static void keep(long fd) {
  if (is_kept()) CALL(SYS_close, kept);
  struct stat s;
  kept = -1;
  if (CALL(SYS_fstat, fd, &s) != 0) return;
  // Above what programs number by themselves; where so high a number is not allowed, none is kept.
  long high = CALL(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
  if (high < 0) return;
  kept_device = s.st_dev;
  kept_inode = s.st_ino;
  kept = (int)high;
}

// This process's file: `FOLDER/PID-N.raw`, N the first that is free: an image that another one of this process left by
// exec has a file, too.
static void open_file(void) {
  if (CALL(SYS_madvise, &state, sizeof state, MADV_WIPEONFORK) != 0) {
    stop(cannotMap, 0);
    return;
  }
  read_settings();
  if (record_folder[0] == 0) {
    stop(noReason, 0);
    return;
  }
  struct resident before = resident_now();
  char *stem = append(append(state.path, record_folder), "/");
  stem = append(append_number(stem, (uint64_t)CALL(SYS_getpid, 0)), "-");
  long fd = -1;
  for (uint64_t n = 0; n < 100000; n++) {
    append(append_number(stem, n), ".raw");
    fd = CALL(SYS_openat, AT_FDCWD, state.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd != -17 /* EEXIST */) break;
  }
  if (fd < 0) {
    stop(cannotOpen, fd);
    return;
  }
  long error = is_within_limit(headerBytes) ? allocate(fd, 0, headerBytes) : -27;
  long at = error != 0 ? error : CALL(SYS_mmap, 0, headerBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  keep(fd);
  CALL(SYS_close, fd);
  if (at < 0 && at > -4096) {
    CALL(SYS_unlinkat, AT_FDCWD, state.path, 0);
    stop_refused(at);
    return;
  }
  CALL(SYS_madvise, at, headerBytes, MADV_DONTFORK);
  fill_header((struct header *)at, before);
  state.header = (struct header *)at;
  state.header->mapped = headerBytes;
}

static void note_time(void) {
  state.header->last_count = counter();
  state.header->last_ns = clock_ns(CLOCK_MONOTONIC);
}

// Where the next `bytes` of the file are mapped: behind what is mapped already, where addresses were kept free.
static char *place(uint64_t bytes) {
  if (state.reserved_end - state.reserved >= (long)bytes) return state.reserved;
  long at = CALL(SYS_mmap, 0, reserveBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at < 0 && at > -4096) return 0;
  CALL(SYS_madvise, at, reserveBytes, MADV_DONTFORK);
  state.reserved = (char *)at;
  state.reserved_end = state.reserved + reserveBytes;
  return state.reserved;
}

// Makes the file longer by a step, as long as what there is, and maps it.
static void grow(void) {
  uint64_t bytes = state.file_bytes < entryBytes ? entryBytes : state.file_bytes;
  if (bytes > mostStep) bytes = mostStep;
  uint64_t first = state.file_bytes >> entryShift;
  if (first + (bytes >> entryShift) > entries) {
    stop(tooLong, 0);
    return;
  }
  uint64_t from = headerBytes + state.file_bytes;
  if (!is_within_limit(from + bytes)) {
    stop(fileLimit, 0);
    return;
  }
  long fd = CALL(SYS_openat, AT_FDCWD, state.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
  int is_own = fd < 0 && is_kept();
  if (fd < 0 && !is_own) {
    stop(cannotOpen, fd);
    return;
  }
  if (is_own) fd = kept;
  long error = allocate(fd, from, bytes);
  char *where = error != 0 ? 0 : place(bytes);
  int fixed = where == 0 ? 0 : MAP_FIXED;
  long at = error != 0 ? error : CALL(SYS_mmap, where, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | fixed, fd, from);
  if (!is_own) CALL(SYS_close, fd);
  if (error != 0) {
    stop_refused(error);
    return;
  }
  if (at < 0 && at > -4096) {
    stop(cannotMap, at);
    return;
  }
  CALL(SYS_madvise, at, bytes, MADV_DONTFORK);
  // One call for many faults, where the kernel has it.
  CALL(SYS_madvise, at, bytes, 23 /* MADV_POPULATE_WRITE */);
  if (fixed != 0) state.reserved += bytes;
  if (state.last != 0) CALL(SYS_madvise, state.last, state.last_bytes, MADV_DONTNEED);
  state.last = (char *)at;
  state.last_bytes = bytes;
  state.file_bytes += bytes;
  state.header->mapped = headerBytes + bytes;
  note_time();
  for (uint64_t i = 0; i < bytes >> entryShift; i++)
    __atomic_store_n(&state.table[first + i], (char *)at + (i << entryShift), __ATOMIC_RELEASE);
}

// Runs `work` alone in this process.
static void alone(void (*work)(uint64_t), uint64_t argument) {
  uint64_t all = ~(uint64_t)0, before;
  CALL(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
  while (exchange(&state.lock, 1) != 0) CALL(SYS_sched_yield, 0);
  work(argument);
  __atomic_store_n(&state.lock, 0, __ATOMIC_RELEASE);
  CALL(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0, sizeof all);
}

static void begin(uint64_t unused) {
  (void)unused;
  if (state.header != 0 || state.is_stopped) return;
  thread_number = 0;
  open_file();
  if (!state.is_stopped) state.active = 1;
}

static void reach(uint64_t entry) {
  while (!state.is_stopped && entry < entries && state.table[entry] == 0) grow();
  if (entry >= entries && !state.is_stopped) stop(tooLong, 0);
}

HIDDEN void begin_recording(void) {
  if (state.header == 0 && !state.is_stopped) alone(begin, 0);
}

// The address of a slot, 0 where nothing is recorded any more.
static __attribute__((noinline)) uint64_t *reach_slot(uint64_t slot) {
  if (__atomic_load_n(&state.is_stopped, __ATOMIC_ACQUIRE)) return 0;
  uint64_t entry = slot >> slotsShift;
  alone(reach, entry);
  char *base = entry < entries ? __atomic_load_n(&state.table[entry], __ATOMIC_ACQUIRE) : 0;
  return base == 0 ? 0 : (uint64_t *)(base + ((slot << 4) & (entryBytes - 1)));
}

static inline uint64_t draw(void) {
  int is_alone = &__libc_single_threaded != 0 && __libc_single_threaded;
  return is_alone ? add_alone(&state.head, 1) : add_shared(&state.head, 1);
}

static inline void put(uint64_t word0, uint64_t word1) {
  uint64_t slot = draw();
  uint64_t entry = slot >> slotsShift;
  char *base = LIKELY(entry < entries) ? __atomic_load_n(&state.table[entry], __ATOMIC_ACQUIRE) : 0;
  uint64_t *at = LIKELY(base != 0) ? (uint64_t *)(base + ((slot << 4) & (entryBytes - 1))) : reach_slot(slot);
  if (UNLIKELY(at == 0)) return;
  at[1] = word1;
  __atomic_store_n(&at[0], word0, __ATOMIC_RELEASE);
}

static __attribute__((noinline)) void number_thread(void) {
  // A child of fork comes here with its parent's number, and begins by forgetting it.
  thread_number = (uint32_t)(add_shared(&state.threads, 1) % 65535) + 1;
  put(kThread | (uint64_t)thread_number << 4, (uint64_t)CALL(SYS_gettid, 0));
}

static __attribute__((noinline)) void tell_clock(uint64_t now) {
  state.epoch = now >> (timeShift + timeBits);
  put(kClock | (uint64_t)thread_number << 4, now);
}

static __attribute__((noinline)) void tell_wide(unsigned kind, uint64_t value) {
  put(kind | (uint64_t)thread_number << 4, value);
}

HIDDEN void add_record(unsigned kind, uint64_t pointer, uint64_t size) {
  if (UNLIKELY(!state.active)) {
    begin_recording();
    if (!state.active) return;
  }
  if (UNLIKELY(thread_number == 0)) number_thread();
  uint64_t now = counter();
  if (UNLIKELY(now >> (timeShift + timeBits) != state.epoch)) tell_clock(now);
  if (UNLIKELY(size >> 32 != 0)) {
    tell_wide(kWideSize, size);
    size = 0;
  }
  if (UNLIKELY((pointer & 7) != 0 || pointer >> 47 != 0)) {
    tell_wide(kWidePointer, pointer);
    pointer = 0;
  }
  put(kind | (uint64_t)thread_number << 4 | pointer << 17, size | (now >> timeShift) << 32);
}

HIDDEN void note_own_malloc(void) {
  if (state.header != 0) state.header->own_malloc = 1;
}

HIDDEN void end_recording(void) {
  struct header *h = state.header;
  if (h == 0) return;
  note_time();
  struct rusage use;
  if (CALL(SYS_getrusage, RUSAGE_SELF, &use) == 0) h->most_resident = (uint64_t)use.ru_maxrss;
  if (h->ending == running) h->ending = exited;
}
