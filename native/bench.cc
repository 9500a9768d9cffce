// Yardsticks: the same work with no JavaScript in it, for bench/ to divide by.

#include "args.h"
#include "addon.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace pageheap {
namespace {

double Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// benchUnused(address, length, quantum, kind): madvise(kind) over the range in quanta; nanoseconds, or
// the negative errno.
Napi::Value BenchUnused(const Napi::CallbackInfo& info) {
  uintptr_t address = AddressArg(info, 0);
  const uintptr_t end = address + LengthArg(info, 1);
  const size_t quantum = LengthArg(info, 2);
  const int kind = static_cast<int>(IntArg(info, 3));
  if (quantum == 0) return NumberOf(info, -EINVAL);
  double start = Now();
  while (address < end) {
    size_t n = std::min<size_t>(quantum, end - address);
    if (madvise(reinterpret_cast<void*>(address), n, kind) != 0) return NumberOf(info, -errno);
    address += n;
  }
  return NumberOf(info, Now() - start);
}

// Whether every byte of the range can be written, by /proc/self/maps.
bool IsWritable(uintptr_t low, size_t length) {
  if (length == 0) return true;
  FILE* maps = fopen("/proc/self/maps", "re");
  if (maps == nullptr) return false;
  const uintptr_t end = low + length;
  unsigned long from = 0;
  unsigned long to = 0;
  char mode[8];
  while (low < end && fscanf(maps, "%lx-%lx %7s%*[^\n]", &from, &to, mode) == 3) {
    if (from <= low && low < to && mode[1] == 'w') low = to;
  }
  fclose(maps);
  return low >= end && end > length;
}

// benchTouch(address, length): writes one byte of each physical page; nanoseconds, or -EFAULT where the
// memory is not there.
Napi::Value BenchTouch(const Napi::CallbackInfo& info) {
  volatile char* at = static_cast<volatile char*>(PointerArg(info, 0));
  const size_t length = LengthArg(info, 1);
  if (!IsWritable(AddressArg(info, 0), length)) return NumberOf(info, -EFAULT);
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  double start = Now();
  for (size_t offset = 0; offset < length; offset += page) at[offset] = 1;
  return NumberOf(info, Now() - start);
}

}  // namespace

void ExportBench(Napi::Env env, Napi::Object exports) {
  Export<BenchUnused>(env, exports, "benchUnused");
  Export<BenchTouch>(env, exports, "benchTouch");
}

}  // namespace pageheap
