// C++'s operators new and delete, in all their forms, where an allocator has its own.
//
// Those of libstdc++ and libc++ call malloc and free, and are recorded there. jemalloc, tcmalloc, mimalloc and others
// export operators of their own, which pass malloc by. So each operator is interposed and calls the next one; what it
// does is told here only where that one lies in the same library as the next malloc. Everywhere else (the C++ library's,
// a program's own debugging operator) it is a jump, and malloc tells.
//
// - Each object is told once. An allocator's operator may still go by malloc or free by their names: so malloc leaves
//   what it told last (`told_last`), and free passes over what is told already (`freeing`).
// - Exceptions of the next operator pass through: there is nothing to undo here, only unwinding tables are needed. A new
//   that throws, or answers 0, is not told.
// - The next operator is the next one in the search order of the whole process. A C++ library that is loaded by a program
//   without C++ (dlopen) has its operators there only, and not behind this library: then they are looked for from the caller's
//   library on. Where there is none at all, what the standard says is done with malloc.
//
// A program with operators in its executable never comes here: its own go first.
//
// The mangled names are those of 64 bits: m is size_t.
#define _GNU_SOURCE
#include <dlfcn.h>

#include "recorder.h"

extern void *dlsym(void *, const char *) __attribute__((weak));
extern void *dlopen(const char *, int) __attribute__((weak));
extern int dladdr(const void *, Dl_info *) __attribute__((weak));
// Of the C++ library, where it is there from the beginning: std::get_new_handler, and what throws std::bad_alloc.
extern void (*_ZSt15get_new_handlerv(void))(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

enum place { unknown = 0, elsewhere = 1, of_allocator = 2, nowhere = 3 };

struct operator {
  const char *name;
  const void *self;
  void *next;
  uint32_t place;
};

// Finds the next operator, whose place is then known. Two threads at once find the same.
static __attribute__((noinline)) uint32_t find(struct operator *o, const void *caller) {
  void *next = dlsym == 0 ? 0 : dlsym(RTLD_NEXT, o->name);
  Dl_info where;
  if (next == 0 && dlsym != 0 && dlopen != 0 && dladdr != 0 && dladdr(caller, &where) != 0 && where.dli_fname != 0) {
    void *library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (library != 0) next = dlsym(library, o->name);
    if (next == o->self) next = 0;
  }
  Dl_info own;
  void *next_malloc = find_next_malloc();
  if (next == 0) return nowhere;
  int is_own = next_malloc != 0 && dladdr != 0 && dladdr(next, &own) != 0 && dladdr(next_malloc, &where) != 0 &&
               own.dli_fbase == where.dli_fbase;
  o->next = next;
  uint32_t place = is_own ? of_allocator : elsewhere;
  // Before malloc is known nothing is known for good.
  if (next_malloc != 0) __atomic_store_n(&o->place, place, __ATOMIC_RELEASE);
  return place;
}

static inline uint32_t place_of(struct operator *o, const void *caller) {
  uint32_t place = __atomic_load_n(&o->place, __ATOMIC_ACQUIRE);
  return LIKELY(place != unknown) ? place : find(o, caller);
}

// As the standard says of a new that nobody has: until there is memory, or nobody who makes some.
static void *make(size_t n, size_t alignment, int is_quiet) {
  for (;;) {
    void *p = alignment == 0 ? own_malloc(n == 0 ? 1 : n) : own_memalign(alignment, n == 0 ? 1 : n);
    if (p != 0 || is_quiet) return p;
    void (*handler)(void) = _ZSt15get_new_handlerv == 0 ? 0 : _ZSt15get_new_handlerv();
    if (handler != 0) {
      handler();
    } else {
      if (_ZSt17__throw_bad_allocv != 0) _ZSt17__throw_bad_allocv();
      __builtin_trap();
    }
  }
}

static inline void *tell_new(void *p, size_t n, size_t alignment) {
  if (p != 0 && told_last != p) tell_aligned(p, alignment, n);
  return p;
}

#define NEW(symbol, parameters, arguments, alignment, is_quiet)                            \
  INTERPOSED void *symbol parameters;                                                      \
  static struct operator next_##symbol = {#symbol, (const void *)symbol, 0, unknown};      \
  INTERPOSED void *symbol parameters {                                                     \
    uint32_t place = place_of(&next_##symbol, __builtin_return_address(0));                \
    if (UNLIKELY(place == nowhere)) return make(n, alignment, is_quiet);                   \
    void *(*next) parameters = (void *(*)parameters)next_##symbol.next;                    \
    if (LIKELY(place == elsewhere)) return next arguments;                                 \
    told_last = 0;                                                                         \
    return tell_new(next arguments, n, alignment);                                         \
  }

#define DELETE(symbol, parameters, arguments)                                              \
  INTERPOSED void symbol parameters;                                                       \
  static struct operator next_##symbol = {#symbol, (const void *)symbol, 0, unknown};      \
  INTERPOSED void symbol parameters {                                                      \
    uint32_t place = place_of(&next_##symbol, __builtin_return_address(0));                \
    if (UNLIKELY(place == nowhere)) {                                                      \
      own_free(p);                                                                         \
      return;                                                                              \
    }                                                                                      \
    void (*next) parameters = (void (*)parameters)next_##symbol.next;                      \
    if (LIKELY(place == elsewhere)) {                                                      \
      next arguments;                                                                      \
      return;                                                                              \
    }                                                                                      \
    if (p != 0 && freeing != p) tell(kFree, p, 0);                                         \
    void *outer = freeing;                                                                 \
    freeing = p;                                                                           \
    next arguments;                                                                        \
    freeing = outer;                                                                       \
  }

// For one object (w, l) and for arrays (a). nothrow is a reference, an align_val_t a size_t.
#define ALL_NEWS(one)                                                                              \
  NEW(_Zn##one##m, (size_t n), (n), 0, 0)                                                          \
  NEW(_Zn##one##mRKSt9nothrow_t, (size_t n, const void *nothrow), (n, nothrow), 0, 1)              \
  NEW(_Zn##one##mSt11align_val_t, (size_t n, size_t alignment), (n, alignment), alignment, 0)      \
  NEW(_Zn##one##mSt11align_val_tRKSt9nothrow_t, (size_t n, size_t alignment, const void *nothrow), \
      (n, alignment, nothrow), alignment, 1)

#define ALL_DELETES(one)                                                                           \
  DELETE(_Zd##one##Pv, (void *p), (p))                                                             \
  DELETE(_Zd##one##Pvm, (void *p, size_t n), (p, n))                                               \
  DELETE(_Zd##one##PvRKSt9nothrow_t, (void *p, const void *nothrow), (p, nothrow))                 \
  DELETE(_Zd##one##PvSt11align_val_t, (void *p, size_t alignment), (p, alignment))                 \
  DELETE(_Zd##one##PvmSt11align_val_t, (void *p, size_t n, size_t alignment), (p, n, alignment))   \
  DELETE(_Zd##one##PvSt11align_val_tRKSt9nothrow_t, (void *p, size_t alignment, const void *nothrow), \
         (p, alignment, nothrow))

ALL_NEWS(w)
ALL_NEWS(a)
ALL_DELETES(l)
ALL_DELETES(a)
