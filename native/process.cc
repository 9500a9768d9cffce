// The process as a whole: its clock, threads, fault counts and memory in all.

#include "args.h"
#include "addon.h"
#include "counter.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace pageheap {
namespace {

// nanotime(): CLOCK_MONOTONIC in nanoseconds, the same in every thread. Exact as a double for the
// first 104 days after boot, to 2 ns for the next hundred.
Napi::Value Nanotime(const Napi::CallbackInfo& info) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return NumberOf(info, static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec));
}

// counter(out: Float64Array): [the processor's counter, CLOCK_MONOTONIC in nanoseconds], read together. The recorder tells
// time by that counter.
Napi::Value Counter(const Napi::CallbackInfo& info) {
  Elements<double> out = DoublesArg(info, 0);
  if (out.length < 2) return NumberOf(info, EINVAL);
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  out.data[0] = static_cast<double>(counter());
  out.data[1] = static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
  return NumberOf(info, 0);
}

// threadCpuTime(): nanoseconds for which the calling thread had a CPU. A system call, some 200 ns.
Napi::Value ThreadCpuTime(const Napi::CallbackInfo& info) {
  timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return NumberOf(info, static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec));
}

// threadId(): the kernel's id of the calling thread.
Napi::Value ThreadId(const Napi::CallbackInfo& info) {
  return NumberOf(info, static_cast<double>(syscall(SYS_gettid)));
}

// tidAlive(id): whether a thread of this process has that id. (Ids are reused, but not soon.)
Napi::Value TidAlive(const Napi::CallbackInfo& info) {
  long result = syscall(SYS_tgkill, getpid(), static_cast<pid_t>(IntArg(info, 0)), 0);
  return Napi::Boolean::New(info.Env(), result == 0);
}

// faults(out: Float64Array): [minor, major] page faults of the process so far. 0 or errno.
Napi::Value Faults(const Napi::CallbackInfo& info) {
  Elements<double> out = DoublesArg(info, 0);
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return NumberOf(info, errno);
  if (out.length < 2) return NumberOf(info, EINVAL);
  out.data[0] = static_cast<double>(usage.ru_minflt);
  out.data[1] = static_cast<double>(usage.ru_majflt);
  return NumberOf(info, 0);
}

// statm(out: Float64Array): [size, resident, shared] of the process in bytes. 0 or errno.
Napi::Value Statm(const Napi::CallbackInfo& info) {
  Elements<double> out = DoublesArg(info, 0);
  if (out.length < 3) return NumberOf(info, EINVAL);
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NumberOf(info, errno);
  char text[128];
  ssize_t n = read(fd, text, sizeof text - 1);
  int error = n < 0 ? errno : 0;
  close(fd);
  if (error != 0) return NumberOf(info, error);
  text[n] = 0;
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  char* at = text;
  for (size_t i = 0; i < 3; i++) out.data[i] = static_cast<double>(strtoull(at, &at, 10)) * page;
  return NumberOf(info, 0);
}

}  // namespace

void ExportProcess(Napi::Env env, Napi::Object exports) {
  Export<Nanotime>(env, exports, "nanotime");
  Export<Counter>(env, exports, "counter");
  Export<ThreadCpuTime>(env, exports, "threadCpuTime");
  Export<ThreadId>(env, exports, "threadId");
  Export<TidAlive>(env, exports, "tidAlive");
  Export<Faults>(env, exports, "faults");
  Export<Statm>(env, exports, "statm");
}

}  // namespace pageheap
