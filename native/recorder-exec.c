// What follows a program into the programs that it starts.
//
// The recorder is asked for by three variables of the environment. A program that starts another one with an environment of its
// own (`env -i`, a wrapper that sets LD_PRELOAD for itself) would lose them, so the functions that do so are interposed:
// the environment that they pass on gets back what it lacks. Where it lacks nothing, which is the rule, the call goes
// through as it is.
//
// A child of vfork shares its parent's memory: nothing is allocated here, the new environment lies on the stack. That may be
// the small one of a thread, so no more lies there than must: the list of variables, and a LD_PRELOAD that is joined of two.
//
// Not here: `system` and `popen`, which pass on the environment as it is; programs that are set-user-id, for which the
// dynamic linker ignores all this.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "recorder.h"

extern void *dlsym(void *, const char *) __attribute__((weak));
extern char **environ __attribute__((weak));

HIDDEN char record_folder[4096];
HIDDEN char record_library[4096];

static const char folder_name[] = "PAGEHEAP_RECORD=";
static const char library_name[] = "PAGEHEAP_RECORDER=";
static const char preload_name[] = "LD_PRELOAD=";
enum { mostVariables = 16384 };

// What follows the name, where the text begins with it.
static const char *after(const char *text, const char *name) {
  while (*name != 0)
    if (*text++ != *name++) return 0;
  return text;
}

static char *put_text(char *at, const char *end, const char *text) {
  while (*text != 0 && at + 1 < end) *at++ = *text++;
  *at = 0;
  return at;
}

// The variables as they are passed on; the last where nothing else is preloaded.
static char folder_text[sizeof record_folder + sizeof folder_name];
static char library_text[sizeof record_library + sizeof library_name];
static char preload_text[sizeof record_library + sizeof preload_name];

#define PUT(buffer, at, text) put_text(at, (buffer) + sizeof(buffer), text)

static void make_texts(void) {
  PUT(folder_text, PUT(folder_text, folder_text, folder_name), record_folder);
  PUT(library_text, PUT(library_text, library_text, library_name), record_library);
  PUT(preload_text, PUT(preload_text, preload_text, preload_name), record_library);
}

static void copy(char *to, const char *from, size_t most) {
  size_t i = 0;
  for (; from[i] != 0 && i + 1 < most; i++) to[i] = from[i];
  // What does not fit is of no use.
  if (from[i] != 0) i = 0;
  to[i] = 0;
}

static void take(const char *variable) {
  const char *value = after(variable, folder_name);
  if (value != 0) copy(record_folder, value, sizeof record_folder);
  value = after(variable, library_name);
  if (value != 0) copy(record_library, value, sizeof record_library);
}

// Before the C library has begun there is no `environ`: the kernel has what the program was started with.
HIDDEN void read_settings(void) {
  static int is_read;
  if (is_read) return;
  is_read = 1;
  long fd = CALL(SYS_openat, AT_FDCWD, "/proc/self/environ", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) {
    if (&environ != 0 && environ != 0)
      for (char **v = environ; *v != 0; v++) take(*v);
    make_texts();
    return;
  }
  static char variable[8192];
  char piece[4096];
  size_t length = 0;
  for (long n; (n = CALL(SYS_read, fd, piece, sizeof piece)) > 0;)
    for (long i = 0; i < n; i++) {
      if (length < sizeof variable) variable[length++] = piece[i];
      if (piece[i] != 0) continue;
      if (length < sizeof variable) take(variable);
      length = 0;
    }
  CALL(SYS_close, fd);
  make_texts();
}

// Whether a list of libraries has the recorder.
static int has_library(const char *list) {
  for (const char *at = list; *at != 0;) {
    const char *rest = after(at, record_library);
    if (rest != 0 && (*rest == 0 || *rest == ':' || *rest == ' ')) return 1;
    while (*at != 0 && *at != ':' && *at != ' ') at++;
    while (*at == ':' || *at == ' ') at++;
  }
  return 0;
}

static const char *value_in(char *const *variables, const char *name) {
  if (variables != 0)
    for (; *variables != 0; variables++) {
      const char *value = after(*variables, name);
      if (value != 0) return value;
    }
  return 0;
}

// Whether an environment must be mended, and how many variables it has.
static int lacks(char *const *variables, size_t *count) {
  *count = 0;
  if (record_folder[0] == 0 || record_library[0] == 0) return 0;
  if (variables != 0)
    while (variables[*count] != 0) ++*count;
  if (*count > mostVariables) return 0;
  const char *preload = value_in(variables, preload_name);
  if (preload == 0 || !has_library(preload)) return 1;
  return value_in(variables, folder_name) == 0 || value_in(variables, library_name) == 0;
}

static size_t length_of(const char *text) {
  size_t n = 0;
  while (text[n] != 0) n++;
  return n;
}

// Bytes for the LD_PRELOAD that is passed on; 0 where it is the plain one.
static size_t preload_room(char *const *variables) {
  const char *preload = value_in(variables, preload_name);
  if (preload == 0 || *preload == 0) return 0;
  return sizeof preload_name + length_of(record_library) + 1 + length_of(preload);
}

// The environment with what it lacks, in `to`, which has room for three more. `joined` has as many bytes as preload_room says.
static void mend(char *const *variables, char **to, char *joined, size_t room) {
  char *preload = preload_text;
  if (room != 0) {
    const char *other = value_in(variables, preload_name);
    char *at = put_text(joined, joined + room, preload_name);
    if (!has_library(other)) at = put_text(put_text(at, joined + room, record_library), joined + room, ":");
    put_text(at, joined + room, other);
    preload = joined;
  }
  size_t n = 0;
  if (variables != 0)
    for (; *variables != 0; variables++)
      if (!after(*variables, preload_name) && !after(*variables, folder_name) && !after(*variables, library_name))
        to[n++] = *variables;
  to[n++] = folder_text;
  to[n++] = library_text;
  to[n++] = preload;
  to[n] = 0;
}

// Calls `call` with `variables`, mended where they need it.
#define WITH_MENDED(variables, call)                       \
  do {                                                     \
    size_t count_;                                         \
    if (lacks(variables, &count_)) {                       \
      size_t room_ = preload_room(variables);              \
      char *mended_[count_ + 4];                           \
      char joined_[room_ + 1];                             \
      mend(variables, mended_, joined_, room_);            \
      char *const *passed = mended_;                       \
      return call;                                         \
    }                                                      \
    char *const *passed = variables;                       \
    return call;                                           \
  } while (0)

typedef int (*execve_t)(const char *, char *const *, char *const *);
static execve_t next_execve, next_execvpe;
typedef int (*fexecve_t)(int, char *const *, char *const *);
static fexecve_t next_fexecve;
typedef int (*spawn_t)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                       char *const *, char *const *);
static spawn_t next_spawn, next_spawnp;

// Found early: dlsym takes locks that a child of fork may find taken.
__attribute__((constructor)) static void find_exec(void) {
  if (dlsym == 0) return;
  next_execve = (execve_t)dlsym(RTLD_NEXT, "execve");
  next_execvpe = (execve_t)dlsym(RTLD_NEXT, "execvpe");
  next_fexecve = (fexecve_t)dlsym(RTLD_NEXT, "fexecve");
  next_spawn = (spawn_t)dlsym(RTLD_NEXT, "posix_spawn");
  next_spawnp = (spawn_t)dlsym(RTLD_NEXT, "posix_spawnp");
}

static int missing(void) {
  errno = ENOSYS;
  return -1;
}

INTERPOSED int execve(const char *path, char *const *arguments, char *const *variables) {
  if (next_execve == 0) find_exec();
  if (next_execve == 0) return missing();
  WITH_MENDED(variables, next_execve(path, arguments, passed));
}
OWN(execve);

INTERPOSED int execvpe(const char *file, char *const *arguments, char *const *variables) {
  if (next_execvpe == 0) find_exec();
  if (next_execvpe == 0) return missing();
  WITH_MENDED(variables, next_execvpe(file, arguments, passed));
}
OWN(execvpe);

INTERPOSED int execv(const char *path, char *const *arguments) {
  return own_execve(path, arguments, environ);
}

INTERPOSED int execvp(const char *file, char *const *arguments) {
  return own_execvpe(file, arguments, environ);
}

INTERPOSED int fexecve(int fd, char *const *arguments, char *const *variables) {
  if (next_fexecve == 0) find_exec();
  if (next_fexecve == 0) return missing();
  WITH_MENDED(variables, next_fexecve(fd, arguments, passed));
}

INTERPOSED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const *arguments, char *const *variables) {
  if (next_spawn == 0) find_exec();
  if (next_spawn == 0) return ENOSYS;
  WITH_MENDED(variables, next_spawn(pid, path, actions, attributes, arguments, passed));
}

INTERPOSED int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                            const posix_spawnattr_t *attributes, char *const *arguments, char *const *variables) {
  if (next_spawnp == 0) find_exec();
  if (next_spawnp == 0) return ENOSYS;
  WITH_MENDED(variables, next_spawnp(pid, file, actions, attributes, arguments, passed));
}

// The arguments of `execl` and its like, as a list on the stack.
#define COLLECT(first, list)                                       \
  va_list given_;                                                  \
  size_t n_ = 1;                                                   \
  va_start(given_, first);                                         \
  while (va_arg(given_, char *) != 0) n_++;                        \
  va_end(given_);                                                  \
  char *list[n_ + 1];                                              \
  list[0] = (char *)(uintptr_t)first;                              \
  va_start(given_, first);                                         \
  for (size_t i_ = 1; i_ <= n_; i_++) list[i_] = va_arg(given_, char *);

INTERPOSED int execl(const char *path, const char *first, ...) {
  COLLECT(first, list)
  va_end(given_);
  return own_execve(path, list, environ);
}

INTERPOSED int execlp(const char *file, const char *first, ...) {
  COLLECT(first, list)
  va_end(given_);
  return own_execvpe(file, list, environ);
}

INTERPOSED int execle(const char *path, const char *first, ...) {
  COLLECT(first, list)
  char *const *variables = va_arg(given_, char *const *);
  va_end(given_);
  return own_execve(path, list, variables);
}
