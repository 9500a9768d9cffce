// Arguments in, results out: the conversions every call of the addon shares.
//
// Addresses and lengths cross as doubles, which hold every Linux user address (47 bits) exactly.
// TypeScript has checked them before (lib/os/sys.ts); the conversion here is nevertheless defined for
// every input: what is no finite number becomes 0, what is too large is clamped, so that a mistake
// ends in an errno of the kernel and not in undefined behaviour.
//
// Errors cross as numbers: 0 for success or a positive errno; where a call answers an address or a
// count, a failure is the negative errno. No call of the addon throws for what the kernel refuses.

#ifndef PAGEHEAP_NATIVE_ARGS_H_
#define PAGEHEAP_NATIVE_ARGS_H_

#include <napi.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace pageheap {

inline int64_t IntArg(const Napi::CallbackInfo& info, size_t index) {
  int64_t value = 0;
  // On anything but a number the status is an error and value keeps its 0.
  napi_get_value_int64(info.Env(), info[index], &value);
  return value;
}

inline uintptr_t AddressArg(const Napi::CallbackInfo& info, size_t index) {
  return static_cast<uintptr_t>(IntArg(info, index));
}

inline size_t LengthArg(const Napi::CallbackInfo& info, size_t index) {
  return static_cast<size_t>(IntArg(info, index));
}

inline void* PointerArg(const Napi::CallbackInfo& info, size_t index) {
  return reinterpret_cast<void*>(AddressArg(info, index));
}

// 0, or the errno of a call that answered -1.
inline Napi::Value ErrnoOf(const Napi::CallbackInfo& info, int result) {
  return Napi::Number::New(info.Env(), result == 0 ? 0 : errno);
}

inline Napi::Value NumberOf(const Napi::CallbackInfo& info, double value) {
  return Napi::Number::New(info.Env(), value);
}

// Adds a function to the exports. A template, so that the callback needs no record on the C++ heap.
template <Napi::Value (*callback)(const Napi::CallbackInfo&)>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<callback>(env, name));
}

}  // namespace pageheap

#endif  // PAGEHEAP_NATIVE_ARGS_H_
