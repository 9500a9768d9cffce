// Views: ArrayBuffers over memory by its address, and the plain memory operations on it.
//
// A view has no finalizer: it owns nothing, and its memory is unmapped by whoever mapped it. (With a
// finalizer Node 20 would end the process for a view of 4 GiB, and at an environment's end it would
// run code for every view.) A view over reserved memory may be made; touching it there is a fault.
// Each worker makes its own views of the same addresses.

#include "args.h"
#include "addon.h"

#include <cstring>

namespace pageheap {
namespace {

// view(address, length): an ArrayBuffer over that memory, or null where the engine refuses one
// (longer than its limit, or an engine that allows no external memory).
Napi::Value View(const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
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

// zero(address, length) and copy(to, from, length): the memory must be there; ranges may overlap.
Napi::Value Zero(const Napi::CallbackInfo& info) {
  memset(PointerArg(info, 0), 0, LengthArg(info, 1));
  return info.Env().Undefined();
}

Napi::Value Fill(const Napi::CallbackInfo& info) {
  memset(PointerArg(info, 0), static_cast<int>(IntArg(info, 2)), LengthArg(info, 1));
  return info.Env().Undefined();
}

Napi::Value Copy(const Napi::CallbackInfo& info) {
  memmove(PointerArg(info, 0), PointerArg(info, 1), LengthArg(info, 2));
  return info.Env().Undefined();
}

}  // namespace

void ExportViews(Napi::Env env, Napi::Object exports) {
  Export<View>(env, exports, "view");
  Export<Detach>(env, exports, "detach");
  Export<Zero>(env, exports, "zero");
  Export<Fill>(env, exports, "fill");
  Export<Copy>(env, exports, "copy");
}

}  // namespace pageheap
