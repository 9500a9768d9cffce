// Poisoning for sanitizer builds: pages that the heap has freed are no memory of anybody's. The addon's own looks at them
// (look.cc) then end in a report of AddressSanitizer, with the stack of who looked, as those of instrumented code do.
// In other builds there is nothing here, and `poisons` says so.

#include "addon.h"

#include "args.h"
#include "poison.h"

#if defined(__SANITIZE_ADDRESS__)
#define PAGEHEAP_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAGEHEAP_POISONS 1
#endif
#endif

#ifdef PAGEHEAP_POISONS
#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <iterator>
#include <map>
#include <mutex>
#include <vector>
#endif

namespace pageheap {
namespace {

#ifdef PAGEHEAP_POISONS
// What was poisoned here: address and length. Only that is asked about, for the sanitizer takes addresses outside of its
// memory for poisoned, and may not be asked about those that are nonsense.
std::mutex ranges_lock;
std::map<uintptr_t, size_t> ranges;

// Takes a range out of them.
void Forget(uintptr_t at, size_t n) {
  auto it = ranges.lower_bound(at);
  if (it != ranges.begin() && std::prev(it)->first + std::prev(it)->second > at) --it;
  while (it != ranges.end() && it->first < at + n) {
    const uintptr_t from = it->first;
    const uintptr_t end = from + it->second;
    it = ranges.erase(it);
    if (from < at) ranges[from] = at - from;
    if (end > at + n) ranges[at + n] = end - (at + n);
  }
}

// Whether all of it is mapped, so that it has shadow memory.
bool IsMapped(uintptr_t at, size_t n) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t from = at & ~(page - 1);
  if (n == 0 || n > (size_t{1} << 40) || at + n < at) return false;
  std::vector<unsigned char> resident((at + n - from + page - 1) / page);
  return mincore(reinterpret_cast<void*>(from), at + n - from, resident.data()) == 0;
}
#endif

// poisons(): whether this build looks.
Napi::Value Poisons(const Napi::CallbackInfo& info) {
#ifdef PAGEHEAP_POISONS
  return Napi::Boolean::New(info.Env(), true);
#else
  return Napi::Boolean::New(info.Env(), false);
#endif
}

// poison(address, length, whether): from now on the bytes are nobody's, or are memory again. 0, or EFAULT where they are
// not mapped.
Napi::Value Poison(const Napi::CallbackInfo& info) {
#ifdef PAGEHEAP_POISONS
  const uintptr_t address = AddressArg(info, 0);
  const size_t length = LengthArg(info, 1);
  void* at = reinterpret_cast<void*>(address);
  if (!IsMapped(address, length)) return NumberOf(info, EFAULT);
  std::lock_guard<std::mutex> held(ranges_lock);
  Forget(address, length);
  if (info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value()) {
    ranges[address] = length;
    __asan_poison_memory_region(at, length);
  } else {
    __asan_unpoison_memory_region(at, length);
  }
#endif
  return NumberOf(info, 0);
}

}  // namespace

void CheckPoison(uintptr_t at, size_t n) {
#ifdef PAGEHEAP_POISONS
  uintptr_t bad = 0;
  {
    std::lock_guard<std::mutex> held(ranges_lock);
    auto after = ranges.lower_bound(at);
    if (after != ranges.end() && after->first - at < n) bad = after->first;
    if (after != ranges.begin() && n > 0) {
      auto before = std::prev(after);
      if (at - before->first < before->second) bad = at;
    }
  }
  // Reading it in instrumented code makes the report.
  if (bad != 0) (void)*reinterpret_cast<volatile char*>(bad);
#else
  (void)at;
  (void)n;
#endif
}

void ExportPoison(Napi::Env env, Napi::Object exports) {
  Export<Poisons>(env, exports, "poisons");
  Export<Poison>(env, exports, "poison");
}

}  // namespace pageheap
