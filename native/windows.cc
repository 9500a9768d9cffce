// Windows: ArrayBuffers over a heap's own memory that V8 does not count.
//
// V8 counts every view that Node-API makes as so much new memory, reserved or not, and collects for it: at once, and at
// each view. A heap would be gigabytes to it that it never touches, and a process that makes many heaps would do little
// else. It counts nothing where the memory is known to stay when the buffer goes: where the deleter of its backing store
// is BackingStore::EmptyDeleter. Node-API has no call for that, so here V8's own are called, four of them.
//
// They are declared here, weakly, as V8's headers have them, and found by name in the program that loads the addon. Names
// hold types of arguments, so an engine that has others, or none, does not have the name; then a window is a view
// (views.cc), counted but sound. Return types are not in names, but these have been what they are since V8 7.9.
//
// Who owns what: the memory belongs to whoever mapped it. The backing store, a record of V8's, is ours, and goes after the
// buffer. V8 gets a std::shared_ptr that owns nothing, since the owner's part of one is private to the C++ library
// that the engine was built with, and ours may be another. The pointer itself is two words in all of them; a
// library whose name mangling differs has another name for New, and is not found.

#include "addon.h"
#include "args.h"

#include <memory>

#define PAGEHEAP_OF_ENGINE __attribute__((weak, visibility("default")))

namespace v8 {

class Isolate {
 public:
  PAGEHEAP_OF_ENGINE static Isolate* GetCurrent();
};

class BackingStore {
 public:
  PAGEHEAP_OF_ENGINE ~BackingStore();
  PAGEHEAP_OF_ENGINE static void EmptyDeleter(void* data, size_t length, void* deleter_data);
};

// How large one is, only the engine knows. So it is not given back by its size, as `delete` would: an allocator that goes by
// that, as jemalloc and tcmalloc do, would take it for another one.
struct DeleteStore {
  void operator()(BackingStore* store) const {
    store->~BackingStore();
    ::operator delete(static_cast<void*>(store));
  }
};
using OwnedStore = std::unique_ptr<BackingStore, DeleteStore>;

// Local<ArrayBuffer>: one word, which is what a napi_value is.
struct LocalArrayBuffer {
  napi_value slot;
};

class ArrayBuffer {
 public:
  PAGEHEAP_OF_ENGINE static OwnedStore NewBackingStore(void* data, size_t byte_length,
                                                       void (*deleter)(void*, size_t, void*), void* deleter_data);
  // By the name it has with libstdc++, as in every build of Node's.
  PAGEHEAP_OF_ENGINE static LocalArrayBuffer New(Isolate* isolate, std::shared_ptr<BackingStore> backing_store) __asm__(
      "_ZN2v811ArrayBuffer3NewEPNS_7IsolateESt10shared_ptrINS_12BackingStoreEE");
};

}  // namespace v8

namespace pageheap {
namespace {

bool EngineHasThem() {
  return &v8::Isolate::GetCurrent != nullptr && &v8::BackingStore::EmptyDeleter != nullptr &&
         &v8::ArrayBuffer::NewBackingStore != nullptr && &v8::ArrayBuffer::New != nullptr;
}

// Whether the engine lets anybody make buffers over memory of others. One with a sandbox for its memory does not, and would
// end the process here, where Node-API only says no.
bool TakesOthersMemory(napi_env env, void* address) {
  napi_value tried;
  if (napi_create_external_arraybuffer(env, address, 1, nullptr, nullptr, &tried) != napi_ok) return false;
  return napi_detach_arraybuffer(env, tried) == napi_ok;
}

void Forget(napi_env, void* store, void*) { v8::DeleteStore()(static_cast<v8::BackingStore*>(store)); }

// window(address, length): an ArrayBuffer over that memory that counts as no memory, or null where the engine
// offers no such thing.
Napi::Value Window(const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  void* address = PointerArg(info, 0);
  size_t length = LengthArg(info, 1);
  // What V8 would end the process for; TypeScript asks for 4 GiB at most.
  if (!EngineHasThem() || address == nullptr || length > size_t{1} << 32) return info.Env().Null();
  static const bool takes = TakesOthersMemory(env, address);
  if (!takes) return info.Env().Null();
  v8::OwnedStore store =
      v8::ArrayBuffer::NewBackingStore(address, length, &v8::BackingStore::EmptyDeleter, nullptr);
  std::shared_ptr<v8::BackingStore> unowned(std::shared_ptr<void>(), store.get());
  napi_value buffer = v8::ArrayBuffer::New(v8::Isolate::GetCurrent(), unowned).slot;
  // Where nobody will tell when the buffer goes, the record stays for good: the buffer refers to it.
  napi_add_finalizer(env, buffer, store.release(), Forget, nullptr, nullptr);
  return Napi::Value(env, buffer);
}

}  // namespace

void ExportWindows(Napi::Env env, Napi::Object exports) { Export<Window>(env, exports, "window"); }

}  // namespace pageheap
