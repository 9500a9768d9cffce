// Mappings: the system calls by which address space changes its state. Each is one call; which state
// may follow which, and what to do when the kernel refuses, is decided in lib/os/sys.ts.
//
// Reservations are PROT_NONE and MAP_NORESERVE: they cost no memory and, except under the strict
// overcommit mode, no commit charge, not even when parts are made writable by mprotect later. What
// `map` and `alloc` make writable is charged as any program's memory is.

#include "args.h"
#include "addon.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#ifndef PR_SET_VMA_ANON_NAME
#define PR_SET_VMA_ANON_NAME 0
#endif

namespace pageheap {
namespace {

constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;

// The address of a new mapping, or the negative errno.
Napi::Value AddressOf(const Napi::CallbackInfo& info, void* mapped) {
  return NumberOf(info, mapped == MAP_FAILED ? -errno : static_cast<double>(reinterpret_cast<uintptr_t>(mapped)));
}

// A fixed mapping that replaces whatever was there. 0 or errno.
Napi::Value MapFixed(const Napi::CallbackInfo& info, int protection, int flags) {
  void* at = PointerArg(info, 0);
  void* mapped = mmap(at, LengthArg(info, 1), protection, kPrivate | MAP_FIXED | flags, -1, 0);
  return ErrnoOf(info, mapped == MAP_FAILED ? -1 : 0);
}

// pageSize(): bytes of a physical page.
Napi::Value PageSize(const Napi::CallbackInfo& info) { return NumberOf(info, sysconf(_SC_PAGESIZE)); }

// hugePageSize(): bytes of a transparent huge page, 0 if the kernel has none.
Napi::Value HugePageSize(const Napi::CallbackInfo& info) {
  int fd = open("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NumberOf(info, 0);
  char text[32];
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return NumberOf(info, 0);
  text[n] = 0;
  return NumberOf(info, static_cast<double>(strtoull(text, nullptr, 10)));
}

// reserve(hint, length): address space without memory. The kernel may choose another place.
Napi::Value Reserve(const Napi::CallbackInfo& info) {
  return AddressOf(info,
                   mmap(PointerArg(info, 0), LengthArg(info, 1), PROT_NONE, kPrivate | MAP_NORESERVE, -1, 0));
}

// alloc(length): zeroed memory where the kernel likes.
Napi::Value Alloc(const Napi::CallbackInfo& info) {
  return AddressOf(info, mmap(nullptr, LengthArg(info, 0), kReadWrite, kPrivate, -1, 0));
}

// map(address, length): zeroed memory there, replacing what was mapped.
Napi::Value Map(const Napi::CallbackInfo& info) { return MapFixed(info, kReadWrite, 0); }

// fault(address, length): a reservation there; the memory is given back and every access faults.
Napi::Value Fault(const Napi::CallbackInfo& info) { return MapFixed(info, PROT_NONE, MAP_NORESERVE); }

// protect(address, length, access): access rights of what is mapped, contents kept. 0: none, 1: reading, 2: writing,
// too; any other number is EINVAL.
Napi::Value Protect(const Napi::CallbackInfo& info) {
  constexpr int kRights[] = {PROT_NONE, PROT_READ, kReadWrite};
  int64_t access = IntArg(info, 2);
  if (access < 0 || access > 2) return NumberOf(info, EINVAL);
  return ErrnoOf(info, mprotect(PointerArg(info, 0), LengthArg(info, 1), kRights[access]));
}

// free(address, length): gone.
Napi::Value Free(const Napi::CallbackInfo& info) {
  return ErrnoOf(info, munmap(PointerArg(info, 0), LengthArg(info, 1)));
}

// advise(address, length, kind): any madvise, by the kernel's number.
Napi::Value Advise(const Napi::CallbackInfo& info) {
  return ErrnoOf(info, madvise(PointerArg(info, 0), LengthArg(info, 1), static_cast<int>(IntArg(info, 2))));
}

// adviseBoxed(): advise, over several ranges and with arguments and answer in the array `adviseBox`, not in
// the call: [count, from, kind, errno, address, length, address, length …]. Ranges are advised from the
// number `from` on, up to `count`; where one is refused, `from` is its number, else it is `count`.
//
// The scavenger's call. After a madvise the caches are cold, and each call into Node-API then costs some 50
// to 100 ns: passing three numbers and returning one made a tenth of a release of 64 KiB. Of one of 8 KiB
// the way here is another tenth, which several ranges share.
constexpr size_t kAdvisedRanges = 33;

struct AdviseBox {
  double count = 0;
  double from = 0;
  double kind = 0;
  double error = 0;
  struct {
    double address = 0;
    double length = 0;
  } ranges[kAdvisedRanges];
};

napi_value AdviseBoxed(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  AdviseBox* box = static_cast<AdviseBox*>(data);
  const size_t count = std::min<size_t>(WholeOf(box->count), kAdvisedRanges);
  const int kind = static_cast<int>(WholeOf(box->kind));
  size_t i = WholeOf(box->from);
  box->error = 0;
  for (; i < count; i++) {
    void* address = reinterpret_cast<void*>(WholeOf(box->ranges[i].address));
    if (madvise(address, WholeOf(box->ranges[i].length), kind) == 0) continue;
    box->error = errno;
    break;
  }
  box->from = static_cast<double>(i);
  return nullptr;
}

void ExportAdviseBoxed(Napi::Env env, Napi::Object exports) {
  AdviseBox* box = new AdviseBox;
  env.SetInstanceData(box);  // deleted with the environment, after its last JavaScript
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  napi_value function = nullptr;
  if (napi_create_external_arraybuffer(env, box, sizeof *box, nullptr, nullptr, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_float64_array, sizeof *box / sizeof(double), buffer, 0, &array) != napi_ok ||
      napi_create_function(env, "adviseBoxed", NAPI_AUTO_LENGTH, AdviseBoxed, box, &function) != napi_ok) {
    return;  // an exception is pending: the addon does not load
  }
  exports.Set("adviseBox", array);
  exports.Set("adviseBoxed", function);
}

// name(address, length, text): the mapping's name in /proc/self/maps. An optional feature of the kernel,
// which takes 79 bytes at most. What is no string is EINVAL.
Napi::Value Name(const Napi::CallbackInfo& info) {
  char text[256];
  if (napi_get_value_string_utf8(info.Env(), info[2], text, sizeof text, nullptr) != napi_ok) {
    return NumberOf(info, EINVAL);
  }
  return ErrnoOf(info, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, AddressArg(info, 0), LengthArg(info, 1), text));
}

}  // namespace

void ExportMapping(Napi::Env env, Napi::Object exports) {
  Export<PageSize>(env, exports, "pageSize");
  Export<HugePageSize>(env, exports, "hugePageSize");
  Export<Reserve>(env, exports, "reserve");
  Export<Alloc>(env, exports, "alloc");
  Export<Map>(env, exports, "map");
  Export<Fault>(env, exports, "fault");
  Export<Protect>(env, exports, "protect");
  Export<Free>(env, exports, "free");
  Export<Advise>(env, exports, "advise");
  Export<Name>(env, exports, "name");
  ExportAdviseBoxed(env, exports);
}

}  // namespace pageheap
