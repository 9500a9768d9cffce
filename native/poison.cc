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
#include <sanitizer/asan_interface.h>
#endif

namespace pageheap {
namespace {

// poisons(): whether this build looks.
Napi::Value Poisons(const Napi::CallbackInfo& info) {
#ifdef PAGEHEAP_POISONS
  return Napi::Boolean::New(info.Env(), true);
#else
  return Napi::Boolean::New(info.Env(), false);
#endif
}

// poison(address, length, whether): from now on the bytes are nobody's, or are memory again. 0.
Napi::Value Poison(const Napi::CallbackInfo& info) {
#ifdef PAGEHEAP_POISONS
  void* at = reinterpret_cast<void*>(AddressArg(info, 0));
  if (info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value()) {
    __asan_poison_memory_region(at, LengthArg(info, 1));
  } else {
    __asan_unpoison_memory_region(at, LengthArg(info, 1));
  }
#endif
  return NumberOf(info, 0);
}

}  // namespace

void CheckPoison(uintptr_t at, size_t n) {
#ifdef PAGEHEAP_POISONS
  void* bad = __asan_region_is_poisoned(reinterpret_cast<void*>(at), n);
  // Reading it in instrumented code makes the report.
  if (bad != nullptr) (void)*static_cast<volatile char*>(bad);
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
