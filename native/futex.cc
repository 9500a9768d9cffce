// Futexes: sleeping on a word of the heap's own memory until another thread wakes it.
//
// Private futexes, since the heap's memory is private to the process. The waiting thread sleeps in
// the kernel and runs no JavaScript meanwhile; lib/meta waits in short slices, so that a worker that
// is being terminated does not hang here.

#include "args.h"
#include "addon.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace pageheap {
namespace {

// futexWait(address, expected, timeout in ns): sleeps while the word is `expected`. 0 when woken,
// EAGAIN when the word is another already, ETIMEDOUT, EINTR, EFAULT, EINVAL (not a multiple of 4).
Napi::Value Wait(const Napi::CallbackInfo& info) {
  constexpr int64_t kSecond = 1000000000;
  int64_t ns = IntArg(info, 2);
  if (ns < 0) ns = 0;
  timespec timeout = {static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
  long result = syscall(SYS_futex, PointerArg(info, 0), FUTEX_WAIT_PRIVATE,
                        static_cast<uint32_t>(IntArg(info, 1)), &timeout, nullptr, 0);
  return ErrnoOf(info, result == 0 ? 0 : -1);
}

// futexWake(address, most): wakes up to `most` sleepers; their number, or the negative errno.
Napi::Value Wake(const Napi::CallbackInfo& info) {
  int64_t most = IntArg(info, 1);
  if (most > INT_MAX) most = INT_MAX;
  if (most < 0) most = 0;
  long result = syscall(SYS_futex, PointerArg(info, 0), FUTEX_WAKE_PRIVATE, static_cast<int>(most), nullptr, nullptr, 0);
  return NumberOf(info, result < 0 ? -errno : static_cast<double>(result));
}

}  // namespace

void ExportFutex(Napi::Env env, Napi::Object exports) {
  Export<Wait>(env, exports, "futexWait");
  Export<Wake>(env, exports, "futexWake");
}

}  // namespace pageheap
