// Pipes to another process, and waiting at one without the event loop: a replay is a loop of its own that must be held
// up when the other end is.

#include "args.h"
#include "addon.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace pageheap {
namespace {

// makePipe(out, writes): fills out with [read end, write end]; neither is inherited unless handed on. This
// process's own end (the write end if `writes`) does not block. 0 or errno.
Napi::Value Make(const Napi::CallbackInfo& info) {
  Elements<double> out = DoublesArg(info, 0);
  int ends[2];
  if (out.length < 2) {
    errno = EINVAL;
    return ErrnoOf(info, -1);
  }
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoOf(info, -1);
  int own = ends[info[1].ToBoolean() ? 1 : 0];
  int flags = fcntl(own, F_GETFL);
  if (flags < 0 || fcntl(own, F_SETFL, flags | O_NONBLOCK) != 0) {
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return ErrnoOf(info, -1);
  }
  out.data[0] = ends[0];
  out.data[1] = ends[1];
  return ErrnoOf(info, 0);
}

// waitPipe(fd, writes, ms): until it can be written to or read from, or the other end is gone, for a second at most. 1,
// 0 when the time is over, or the negative errno.
Napi::Value Wait(const Napi::CallbackInfo& info) {
  pollfd one = {static_cast<int>(IntArg(info, 0)), static_cast<short>(info[1].ToBoolean() ? POLLOUT : POLLIN), 0};
  constexpr int64_t kMostMs = 1000;
  int64_t ms = IntArg(info, 2);
  int result = poll(&one, 1, static_cast<int>(ms < 0 ? 0 : ms > kMostMs ? kMostMs : ms));
  return NumberOf(info, result < 0 ? -errno : result);
}

}  // namespace

void ExportPipe(Napi::Env env, Napi::Object exports) {
  Export<Make>(env, exports, "makePipe");
  Export<Wait>(env, exports, "waitPipe");
}

}  // namespace pageheap
