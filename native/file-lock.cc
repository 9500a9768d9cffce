// Locks on open files: how a process that writes a file for hours says so to every other.
//
// flock(2) belongs to the open file, by its inode and not by its name, and the kernel lets it go when the last
// descriptor is closed, however the process ended.

#include "args.h"
#include "addon.h"

#include <sys/file.h>

namespace pageheap {
namespace {

// lockFile(fd, exclusive): takes the lock if it is free, and never waits. 0 or errno; EAGAIN where others hold it.
Napi::Value LockFile(const Napi::CallbackInfo& info) {
  bool exclusive = false;
  napi_get_value_bool(info.Env(), info[1], &exclusive);
  const int fd = info[0].IsNumber() ? static_cast<int>(IntArg(info, 0)) : -1;
  int result;
  do {
    result = flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  return ErrnoOf(info, result);
}

}  // namespace

void ExportFileLock(Napi::Env env, Napi::Object exports) { Export<LockFile>(env, exports, "lockFile"); }

}  // namespace pageheap
