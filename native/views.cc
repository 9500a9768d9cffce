// Views: ArrayBuffers over memory by its address, and memory operations by address.
//
// A view has no finalizer: it owns nothing, and its memory is unmapped by whoever mapped it. (With a
// finalizer Node 20 would end the process for a view of 4 GiB, and at an environment's end it would
// run code for every view.) A view over reserved memory may be made; touching it there is a fault.
// Each worker makes its own views of the same addresses.
//
// The operations ask the kernel, which says where the memory is not there (look.h). That costs a system
// call and twice the copying; what is to be fast goes through a view.

#include "args.h"
#include "addon.h"
#include "look.h"

namespace pageheap {
namespace {

// view(address, length): an ArrayBuffer over that memory, or null where the engine refuses one
// (longer than its limit, or an engine that allows no external memory), and for address 0, which the
// engine takes for an end of the process.
Napi::Value View(const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  if (PointerArg(info, 0) == nullptr) return info.Env().Null();
  napi_value buffer = nullptr;
  napi_status status =
      napi_create_external_arraybuffer(env, PointerArg(info, 0), LengthArg(info, 1), nullptr, nullptr, &buffer);
  if (status == napi_ok) return Napi::Value(env, buffer);
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) {
    napi_value ignored;
    napi_get_and_clear_last_exception(env, &ignored);
  }
  return info.Env().Null();
}

// detach(buffer): true if the view now has length 0 and reaches no memory any more.
Napi::Value Detach(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), napi_detach_arraybuffer(info.Env(), info[0]) == napi_ok);
}

// fill(address, length, byte): 0, or the errno; then a part may have been filled.
Napi::Value Fill(const Napi::CallbackInfo& info) {
  return NumberOf(info, SafeFill(AddressArg(info, 0), LengthArg(info, 1), static_cast<unsigned char>(IntArg(info, 2))));
}

// copy(to, from, length): the ranges may overlap. 0, or the errno; then a part may have been copied.
Napi::Value Copy(const Napi::CallbackInfo& info) {
  return NumberOf(info, SafeMove(AddressArg(info, 0), AddressArg(info, 1), LengthArg(info, 2)));
}

}  // namespace

void ExportViews(Napi::Env env, Napi::Object exports) {
  Export<View>(env, exports, "view");
  Export<Detach>(env, exports, "detach");
  Export<Fill>(env, exports, "fill");
  Export<Copy>(env, exports, "copy");
}

}  // namespace pageheap
