// What the recorder's files share: its state, its format, and system calls that leave errno alone.
//
// A raw file is a header of one page (of the largest that there is for the processor) and then records of 16 bytes, in the order in which they were drawn:
//
//     word 0   bits 0-3 kind · bits 4-19 thread number · bits 20-63 pointer / 8
//     word 1   bits 0-31 size · bits 32-63 time: the processor's counter, divided by 2^12
//
// A record whose word 0 is zero was drawn and not written: the program was killed, or has not come so far. What does not
// fit (a size of 4 GiB or more, a pointer that is no multiple of 8 or above 2^47) is told by a record of kind kWideSize or
// kWidePointer just before, of the same thread, whose word 1 is the whole value. lib/lab/trace/raw.ts reads all this.
#ifndef PAGEHEAP_RECORDER_H
#define PAGEHEAP_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#include "recorder-machine.h"

#define HIDDEN __attribute__((visibility("hidden")))
#define INTERPOSED __attribute__((visibility("default")))
// own_NAME: a function of this library that no other one of the name comes before. It stands behind the function. (A linker's
// -Bsymbolic would change what dlsym finds, and not every linker has -Bsymbolic-functions.)
#define OWN(name) extern __typeof__(name) own_##name __attribute__((alias(#name), visibility("hidden")))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LIKELY(x) __builtin_expect(!!(x), 1)

enum kind {
  kAlloc = 1,     // the new object, its size; pointer 0: the program got nothing
  kFree = 2,      // the old object
  kMoveFrom = 3,  // a realloc begins: the old object
  kMoveTo = 4,    // and has moved it: the new one, its size
  kMoveFailed = 5,  // or has failed: the old one, the size asked for
  kThread = 6,    // the first record of a thread: its id in word 1
  kClock = 7,     // word 1 is the whole counter: its upper bits have changed
  kWideSize = 8,  // word 1 is the size of the thread's next record
  kWidePointer = 9,  // and its pointer
  kZeroed = 10,  // as kAlloc, by calloc
  kAligned = 11,  // as kAlloc, with an alignment, a power of two from 16 on: half of it is added to the pointer, whose lowest bit it is then
};

enum {
  headerBytes = mostPageBytes,
  recordBytes = 16,
  // Of the counter so many bits are dropped, and so many kept in a record.
  timeShift = 12,
  timeBits = 32,
};

enum ending { running = 0, exited = 1, stopped = 2 };

// Why a recording stopped before its program did.
enum reason { noReason = 0, cannotOpen = 1, diskFull = 2, fileLimit = 3, cannotMap = 4, tooLong = 5 };

struct header {
  char magic[8];
  uint32_t version, header_bytes;
  uint64_t pid, parent;
  // Pairs of the processor's counter and the monotonic clock (ns): at the beginning, and as late as there was one.
  uint64_t first_count, first_ns, last_count, last_ns;
  // The time of day at the beginning, ns since 1970.
  uint64_t wall_ns;
  uint64_t ending, reason, error;
  // Bytes of this file that the program has mapped and may have resident: not its own.
  uint64_t mapped;
  // 1: the program has a malloc of its own that goes before the recorder's.
  uint64_t own_malloc;
  // At the end: the most resident at once, KiB.
  uint64_t most_resident;
  char executable[512];
  uint32_t command_bytes;
  char command[2048];
  // Before the first operation: resident, and of that what no file is behind; KiB, 0 where the kernel does not tell.
  uint64_t resident_before, anon_before;
};

#define CALL(n, ...) CALL_(n, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(n, a, b, c, d, e, f, ...) \
  call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

// What the program was started with; read once, kept over forks. Empty: nothing is recorded.
HIDDEN extern char record_folder[4096];
HIDDEN extern char record_library[4096];
HIDDEN void read_settings(void);

// Adds a record. `size` is the whole word 1 of the kinds that have one.
HIDDEN void add_record(unsigned kind, uint64_t pointer, uint64_t size);

// Of this thread, while it is within a function that may call another one that tells: then only the outer one does.
HIDDEN extern __thread uint32_t within __attribute__((tls_model("initial-exec")));
// What malloc told last in this thread, and what is being freed and told already (recorder-new.c).
HIDDEN extern __thread const void *told_last __attribute__((tls_model("initial-exec")));
HIDDEN extern __thread void *freeing __attribute__((tls_model("initial-exec")));

static inline void tell(unsigned kind, const void *p, size_t n) {
  if (LIKELY(within == 0)) add_record(kind, (uintptr_t)p, n);
}

// An allocation with an alignment. One that is less than all objects have, or was not kept to, is as good as none.
static inline void tell_aligned(const void *p, size_t alignment, size_t n) {
  int is_power = (alignment & (alignment - 1)) == 0;
  if (alignment < 16 || !is_power || ((uintptr_t)p & (alignment - 1)) != 0) tell(kAlloc, p, n);
  else tell(kAligned, (const char *)p + alignment / 2, n);
}

// The malloc behind the recorder's; 0 while it is not known.
HIDDEN void *find_next_malloc(void);
// The recorder's own functions, whatever else has their names.
HIDDEN void *own_malloc(size_t n);
HIDDEN void *own_memalign(size_t alignment, size_t n);
HIDDEN void own_free(void *p);

// Opens this process's file now, if it has none.
HIDDEN void begin_recording(void);
// Notes the end in the header.
HIDDEN void end_recording(void);
HIDDEN void note_own_malloc(void);

#endif
