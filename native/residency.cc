// Residency: which physical pages of a range are in memory, by mincore and by pagemap.

#include "args.h"
#include "addon.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace pageheap {
namespace {

// Pages asked of the kernel at once: the vector stays in a small buffer on the stack.
constexpr size_t kBatch = 16384;

// Calls each(vector, pages) for successive batches of the range. 0 or errno.
template <typename Each>
int MincoreBatches(uintptr_t address, size_t length, Each each) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  unsigned char vector[kBatch];
  size_t left = length / page + (length % page != 0 ? 1 : 0);
  while (left > 0) {
    size_t pages = std::min(left, kBatch);
    int tries = 0;
    while (mincore(reinterpret_cast<void*>(address), pages * page, vector) != 0) {
      if (errno != EAGAIN || ++tries == 8) return errno;
    }
    each(vector, pages);
    address += pages * page;
    left -= pages;
  }
  return 0;
}

// mincore(address, length): the number of resident physical pages, or the negative errno (ENOMEM:
// something of the range is not mapped).
Napi::Value Mincore(const Napi::CallbackInfo& info) {
  size_t resident = 0;
  int error = MincoreBatches(AddressArg(info, 0), LengthArg(info, 1), [&](const unsigned char* vector, size_t pages) {
    for (size_t i = 0; i < pages; i++) resident += vector[i] & 1;
  });
  return NumberOf(info, error == 0 ? static_cast<double>(resident) : -error);
}

// mincoreVector(address, out: Uint8Array): one byte a physical page, 1 if resident, as many as out
// has. 0 or errno.
Napi::Value MincoreVector(const Napi::CallbackInfo& info) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  Elements<uint8_t> out = BytesArg(info, 1);
  unsigned char* to = out.data;
  int error = MincoreBatches(AddressArg(info, 0), out.length * page, [&](const unsigned char* vector, size_t pages) {
    for (size_t i = 0; i < pages; i++) *to++ = vector[i] & 1;
  });
  return NumberOf(info, error);
}

// pagemap(address, out: Uint8Array): one byte of flags a physical page from /proc/self/pagemap.
//   1 present · 2 swapped · 4 file or shared · 8 mapped here only · 16 soft-dirty · 32 frame number shown
// 0 or errno (EACCES, EPERM, ENOENT: not permitted here). Frame numbers themselves are not passed on.
Napi::Value Pagemap(const Napi::CallbackInfo& info) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  Elements<uint8_t> out = BytesArg(info, 1);
  uint8_t* to = out.data;
  size_t left = out.length;
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NumberOf(info, errno);
  uint64_t entries[512];
  off_t offset = static_cast<off_t>(AddressArg(info, 0) / page * sizeof(uint64_t));
  int error = 0;
  while (left > 0 && error == 0) {
    size_t want = std::min(left, sizeof entries / sizeof entries[0]);
    ssize_t got = pread(fd, entries, want * sizeof(uint64_t), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < static_cast<ssize_t>(sizeof(uint64_t))) {
      error = got < 0 ? errno : EFAULT;
      break;
    }
    size_t pages = static_cast<size_t>(got) / sizeof(uint64_t);
    for (size_t i = 0; i < pages; i++) {
      uint64_t entry = entries[i];
      bool present = (entry >> 63) & 1;
      *to++ = static_cast<uint8_t>((present ? 1 : 0) | ((entry >> 62) & 1) << 1 | ((entry >> 61) & 1) << 2 |
                                   ((entry >> 56) & 1) << 3 | ((entry >> 55) & 1) << 4 |
                                   (present && (entry & ((uint64_t{1} << 55) - 1)) != 0 ? 32 : 0));
    }
    left -= pages;
    offset += static_cast<off_t>(pages * sizeof(uint64_t));
  }
  close(fd);
  return NumberOf(info, error);
}

}  // namespace

void ExportResidency(Napi::Env env, Napi::Object exports) {
  Export<Mincore>(env, exports, "mincore");
  Export<MincoreVector>(env, exports, "mincoreVector");
  Export<Pagemap>(env, exports, "pagemap");
}

}  // namespace pageheap
