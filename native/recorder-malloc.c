// The functions that the recorder interposes for those of the C library or of another allocator: each calls the next one
// of its name, and tells the stream.
//
// A free is told before the call: afterwards another thread may have the address already. An allocation is told after
// it. A realloc is told twice, before and after. So, by the order of the stream, no address is given out twice without a
// free between.
//
// The next functions are found with dlsym, which may allocate itself: until they are known, memory comes from a small
// arena of the recorder's own, which is never freed and not recorded. Where a function calls another one of these
// (reallocarray calls realloc), only the outer call is told.
//
// Not here: C++'s operators (recorder-new.c).
#include <dlfcn.h>
#include <errno.h>

#include "recorder.h"

extern void *dlsym(void *, const char *) __attribute__((weak));
// Where there is no dlsym: glibc's own names.
extern void *__libc_malloc(size_t) __attribute__((weak));
extern void *__libc_calloc(size_t, size_t) __attribute__((weak));
extern void *__libc_realloc(void *, size_t) __attribute__((weak));
extern void __libc_free(void *) __attribute__((weak));
extern void *__libc_memalign(size_t, size_t) __attribute__((weak));

static struct {
  void *(*malloc)(size_t);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  void (*free)(void *);
  void *(*memalign)(size_t, size_t);
  void *(*aligned_alloc)(size_t, size_t);
  int (*posix_memalign)(void **, size_t, size_t);
  void *(*valloc)(size_t);
  void *(*pvalloc)(size_t);
} next;

// 1 when they are known.
static uint32_t found;

__thread uint32_t within;
__thread const void *told_last;
__thread void *freeing;

static char arena[64 * 1024] __attribute__((aligned(16)));
static uint64_t arena_used;

static int is_of_arena(const void *p) {
  return (const char *)p >= arena && (const char *)p < arena + sizeof arena;
}

// Zeroed, since nothing of it is used twice. The size lies before it.
static void *from_arena(size_t alignment, size_t n) {
  if (alignment < 16) alignment = 16;
  if (n > sizeof arena || alignment > sizeof arena) return 0;
  size_t need = n + alignment + 16;
  size_t at = add_shared(&arena_used, need);
  if (at + need > sizeof arena) return 0;
  uintptr_t p = ((uintptr_t)arena + at + 16 + alignment - 1) & ~(uintptr_t)(alignment - 1);
  ((size_t *)p)[-1] = n;
  return (void *)p;
}

static void *next_of(const char *name) { return dlsym == 0 ? 0 : dlsym(RTLD_NEXT, name); }

static void find_next(void) {
  // Whoever comes while it is found, be it this thread or another, has the arena.
  static uint32_t is_begun;
  if (exchange(&is_begun, 1) != 0) return;
  next.malloc = (void *(*)(size_t))next_of("malloc");
  next.calloc = (void *(*)(size_t, size_t))next_of("calloc");
  next.realloc = (void *(*)(void *, size_t))next_of("realloc");
  next.free = (void (*)(void *))next_of("free");
  next.memalign = (void *(*)(size_t, size_t))next_of("memalign");
  next.aligned_alloc = (void *(*)(size_t, size_t))next_of("aligned_alloc");
  next.posix_memalign = (int (*)(void **, size_t, size_t))next_of("posix_memalign");
  next.valloc = (void *(*)(size_t))next_of("valloc");
  next.pvalloc = (void *(*)(size_t))next_of("pvalloc");
  if (next.malloc == 0) next.malloc = __libc_malloc;
  if (next.calloc == 0) next.calloc = __libc_calloc;
  if (next.realloc == 0) next.realloc = __libc_realloc;
  if (next.free == 0) next.free = __libc_free;
  if (next.memalign == 0) next.memalign = __libc_memalign;
  __atomic_store_n(&found, 1, __ATOMIC_RELEASE);
}

// Whether the next functions are known; asked only while they are not.
static __attribute__((noinline)) int find(void) {
  find_next();
  return __atomic_load_n(&found, __ATOMIC_ACQUIRE) == 1;
}

#define IS_KNOWN (LIKELY(__atomic_load_n(&found, __ATOMIC_ACQUIRE) == 1) || find())

HIDDEN void *find_next_malloc(void) { return IS_KNOWN ? (void *)next.malloc : 0; }

INTERPOSED void *malloc(size_t n) {
  if (!IS_KNOWN) return from_arena(16, n);
  void *p = next.malloc(n);
  tell(kAlloc, p, n);
  told_last = p;
  return p;
}
OWN(malloc);

INTERPOSED void free(void *p) {
  if (p == 0 || is_of_arena(p) || !IS_KNOWN) return;
  if (LIKELY(p != freeing)) tell(kFree, p, 0);
  next.free(p);
}
OWN(free);

INTERPOSED void *calloc(size_t n, size_t each) {
  size_t bytes;
  int is_beyond = __builtin_mul_overflow(n, each, &bytes);
  if (!IS_KNOWN) return is_beyond ? 0 : from_arena(16, bytes);
  within++;
  void *p = next.calloc(n, each);
  within--;
  if (!is_beyond) tell(kZeroed, p, bytes);
  return p;
}

// What lies in the arena moves out of it.
static void *move_out(void *p, size_t n) {
  void *to = own_malloc(n);
  size_t old = ((size_t *)p)[-1];
  if (to != 0) __builtin_memcpy(to, p, old < n ? old : n);
  return to;
}

INTERPOSED void *realloc(void *p, size_t n) {
  if (p == 0) return own_malloc(n);
  if (!IS_KNOWN || is_of_arena(p)) return move_out(p, n);
  // A realloc to nothing frees; where it gives an object all the same, that is a new one.
  tell(n == 0 ? kFree : kMoveFrom, p, 0);
  within++;
  void *to = next.realloc(p, n);
  within--;
  if (to != 0) tell(n == 0 ? kAlloc : kMoveTo, to, n);
  else if (n != 0) tell(kMoveFailed, p, n);
  return to;
}
OWN(realloc);

INTERPOSED void *reallocarray(void *p, size_t n, size_t each) {
  size_t bytes;
  if (__builtin_mul_overflow(n, each, &bytes)) {
    errno = ENOMEM;
    return 0;
  }
  return own_realloc(p, bytes);
}

// What the allocator lacks is made from what every one has.
INTERPOSED void *memalign(size_t alignment, size_t n) {
  if (!IS_KNOWN) return from_arena(alignment, n);
  void *p = 0;
  within++;
  if (next.memalign != 0) p = next.memalign(alignment, n);
  else if (next.aligned_alloc != 0) p = next.aligned_alloc(alignment, n);
  within--;
  tell_aligned(p, alignment, n);
  told_last = p;
  return p;
}
OWN(memalign);

INTERPOSED void *aligned_alloc(size_t alignment, size_t n) {
  if (!IS_KNOWN) return from_arena(alignment, n);
  if (next.aligned_alloc == 0) return own_memalign(alignment, n);
  within++;
  void *p = next.aligned_alloc(alignment, n);
  within--;
  tell_aligned(p, alignment, n);
  told_last = p;
  return p;
}

INTERPOSED int posix_memalign(void **to, size_t alignment, size_t n) {
  if (!IS_KNOWN || next.posix_memalign == 0) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *p = own_memalign(alignment, n);
    if (p != 0) *to = p;
    return p == 0 ? ENOMEM : 0;
  }
  within++;
  int error = next.posix_memalign(to, alignment, n);
  within--;
  // A wrong alignment asked for nothing.
  if (error != EINVAL) tell_aligned(error == 0 ? *to : 0, alignment, n);
  told_last = error == 0 ? *to : 0;
  return error;
}

enum { page = 4096 };

INTERPOSED void *valloc(size_t n) {
  if (!IS_KNOWN || next.valloc == 0) return own_memalign(page, n);
  within++;
  void *p = next.valloc(n);
  within--;
  tell_aligned(p, page, n);
  return p;
}

INTERPOSED void *pvalloc(size_t n) {
  size_t whole = (n + page - 1) & ~(size_t)(page - 1);
  if (!IS_KNOWN || next.pvalloc == 0) return own_memalign(page, whole);
  within++;
  void *p = next.pvalloc(n);
  within--;
  tell_aligned(p, page, whole);
  return p;
}

__attribute__((constructor)) static void start(void) {
  begin_recording();
  // A program with a malloc in its executable calls that one, and the recorder sees nothing.
  if (dlsym != 0 && dlsym(RTLD_DEFAULT, "malloc") != (void *)own_malloc) note_own_malloc();
}

__attribute__((destructor)) static void finish(void) { end_recording(); }
