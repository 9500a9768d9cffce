// The descriptor of a heap for the crash report: everything the handler may know, as plain memory.
//
// One descriptor a heap, written by lib/os/crash.ts into memory of its own, registered by address. When
// a SIGSEGV or SIGBUS hits one of its ranges the handler reads it and the columns it names. All reads
// go through the kernel (look.h), so that a descriptor or a column that is gone, or not yet committed,
// makes the report shorter and not a second crash.
//
//        0  magic "PGHCRASH"
//        8  version (u32) = 3             12  number of ranges (u32, at most 8)
//       16  origin: address of page 0     24  number of pages that the page → span column spans
//       32  log2 of the page size (u32)   36  (unused)
//       40  columns, 24 bytes each:
//             0 page → span    index: page     (span id; 0 is none)
//             1 span state     index: span     (index into the state names)
//             2 span base      index: span     (first page, from the origin)
//             3 span pages     index: span
//             4 span class     index: span
//             5 element size   index: span     (bytes)
//             6 allocated bits index: chunk    (512 bits a chunk, from the column's address)
//             7 scavenged bits index: chunk    (the same)
//             8 span use       index: span     (index into the use names)
//             9 page → block   index: page     (first page of the block of GODEBUG=sbrk=1, plus one; 0 is none);
//                                              only where objects come from such blocks and not from spans
//      280  ranges: 8 × { u64 low, u64 high, char name[16] }
//      536  state names: 8 × char[16]
//      664  use names: 8 × char[32]
//      920  end
//
// A column: { u64 address (0: there is none), u32 bytes an element (1, 2, 4 or 8), u32 stride in bytes,
// u64 number of elements }. In columns 6 and 7 the element is 64 bytes, and the stride is that from
// chunk to chunk, so that the two bitmaps of a chunk may lie side by side.

#ifndef PAGEHEAP_NATIVE_CRASH_H_
#define PAGEHEAP_NATIVE_CRASH_H_

#include <cstddef>
#include <cstdint>

namespace pageheap {

constexpr size_t kCrashRanges = 8;
constexpr size_t kCrashStates = 8;
constexpr size_t kCrashUses = 8;

enum CrashColumnIndex {
  kPageSpan,
  kSpanState,
  kSpanBase,
  kSpanPages,
  kSpanClass,
  kElementSize,
  kAllocatedBits,
  kScavengedBits,
  kSpanUse,
  kPageBlock,
  kCrashColumns
};

struct CrashColumn {
  uint64_t address;
  uint32_t element_bytes;
  uint32_t stride;
  uint64_t length;
};

struct CrashRange {
  uint64_t low;
  uint64_t high;
  char name[16];
};

struct CrashDescriptor {
  char magic[8];
  uint32_t version;
  uint32_t range_count;
  uint64_t origin;
  uint64_t pages;
  uint32_t page_shift;
  uint32_t unused;
  CrashColumn columns[kCrashColumns];
  CrashRange ranges[kCrashRanges];
  char state_names[kCrashStates][16];
  char use_names[kCrashUses][32];
};

static_assert(offsetof(CrashDescriptor, columns) == 40);
static_assert(offsetof(CrashDescriptor, ranges) == 280);
static_assert(offsetof(CrashDescriptor, state_names) == 536);
static_assert(sizeof(CrashDescriptor) == 920);

}  // namespace pageheap

#endif  // PAGEHEAP_NATIVE_CRASH_H_
