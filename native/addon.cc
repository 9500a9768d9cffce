// The addon's entry. It only gathers the parts; each is a file of its own (addon.h).

#include "addon.h"

#include <dlfcn.h>

namespace pageheap {
namespace {

// Node unloads an addon when the last environment that loaded it ends, which may be a worker. The
// crash handler must outlive that: a signal handler in unmapped code would crash in the crash. So
// the library pins itself for the life of the process.
void StayLoaded() {
  Dl_info self;
  if (dladdr(reinterpret_cast<const void*>(&StayLoaded), &self) != 0 && self.dli_fname != nullptr) {
    dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  StayLoaded();
  exports.Set("version", Napi::Number::New(env, kAddonVersion));
  ExportMapping(env, exports);
  ExportViews(env, exports);
  ExportWindows(env, exports);
  ExportLook(env, exports);
  ExportResidency(env, exports);
  ExportSmaps(env, exports);
  ExportProcess(env, exports);
  ExportFutex(env, exports);
  ExportFileLock(env, exports);
  ExportCrash(env, exports);
  ExportPipe(env, exports);
  ExportPoison(env, exports);
  ExportBench(env, exports);
  return exports;
}

NODE_API_MODULE(pageheap, Init)

}  // namespace
}  // namespace pageheap
