// Arguments in, results out: the conversions every call of the addon shares.
//
// Addresses and lengths cross as doubles, which hold every Linux user address (47 bits) exactly.
// TypeScript has checked them before (lib/os/sys.ts); the conversion here is nevertheless defined for
// every input: what is no finite number becomes 0, what is too large is clamped, what is no typed array
// of the right kind has no elements, so that a mistake ends in an errno and not in undefined behaviour.
// Nothing here touches memory by its address without asking the kernel (look.h). What is asked of the
// kernel with a right address is done, though: unmapping code that runs is an end of the process.
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

// A double as IntArg takes one: what is no number from 0 to 2^53 becomes 0.
inline uint64_t WholeOf(double value) {
  return value >= 0 && value < 9007199254740992.0 ? static_cast<uint64_t>(value) : 0;
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

// The elements of a typed array; none of what is another kind of thing, or is detached.
template <typename T>
struct Elements {
  T* data;
  size_t length;
};

template <typename T, napi_typedarray_type kind>
Elements<T> ElementsArg(const Napi::CallbackInfo& info, size_t index) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  bool is = napi_get_typedarray_info(info.Env(), info[index], &type, &length, &data, nullptr, nullptr) == napi_ok &&
            type == kind && data != nullptr;
  if (!is) return {nullptr, 0};
  return {static_cast<T*>(data), length};
}

inline Elements<uint8_t> BytesArg(const Napi::CallbackInfo& info, size_t index) {
  return ElementsArg<uint8_t, napi_uint8_array>(info, index);
}

inline Elements<double> DoublesArg(const Napi::CallbackInfo& info, size_t index) {
  return ElementsArg<double, napi_float64_array>(info, index);
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
