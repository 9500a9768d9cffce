// What the recorder does by the processor's own instructions: a system call, counting up and taking a lock
// (and a look at its counter: counter.h). For x86-64 and 64-bit ARM.
//
// Not by the C library: its wrappers set errno, may be cancelled, and may not have begun. Nor, on ARM, by the compiler's
// atomics: they may be calls of a library, and the recorder has none behind it.
#ifndef PAGEHEAP_RECORDER_MACHINE_H
#define PAGEHEAP_RECORDER_MACHINE_H

#include <stdint.h>

#include "counter.h"

// Arguments in, answer or −errno out.
static inline long call6(long n, long a, long b, long c, long d, long e, long f);

// *at, to which n is added. Alone: no other thread does so; a signal's handler still may.
static inline uint64_t add_alone(uint64_t *at, uint64_t n);
static inline uint64_t add_shared(uint64_t *at, uint64_t n);

// Sets *at, and answers what it was; nothing that follows happens before.
static inline uint32_t exchange(uint32_t *at, uint32_t value);

#if defined(__x86_64__)

// The largest physical page that a kernel may have.
enum { mostPageBytes = 4096 };

static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
  long answer;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(answer)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return answer;
}

// One instruction, so that no handler comes between; without the lock prefix, which is most of what it would cost.
static inline uint64_t add_alone(uint64_t *at, uint64_t n) {
  __asm__ volatile("xaddq %0, %1" : "+r"(n), "+m"(*at) : : "memory");
  return n;
}

static inline uint64_t add_shared(uint64_t *at, uint64_t n) {
  __asm__ volatile("lock xaddq %0, %1" : "+r"(n), "+m"(*at) : : "memory");
  return n;
}

static inline uint32_t exchange(uint32_t *at, uint32_t value) { return __atomic_exchange_n(at, value, __ATOMIC_ACQUIRE); }

#elif defined(__aarch64__)

enum { mostPageBytes = 65536 };

static inline long call6(long n, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
}

static inline uint64_t add_shared(uint64_t *at, uint64_t n) {
  uint64_t before, after;
  uint32_t failed;
  __asm__ volatile(
      "1: ldaxr %0, [%3]\n"
      "   add %1, %0, %4\n"
      "   stlxr %w2, %1, [%3]\n"
      "   cbnz %w2, 1b"
      : "=&r"(before), "=&r"(after), "=&r"(failed)
      : "r"(at), "r"(n)
      : "memory");
  return before;
}

// What a handler may come between has to notice it: the same as with others.
static inline uint64_t add_alone(uint64_t *at, uint64_t n) { return add_shared(at, n); }

static inline uint32_t exchange(uint32_t *at, uint32_t value) {
  uint32_t before;
  uint32_t failed;
  __asm__ volatile(
      "1: ldaxr %w0, [%2]\n"
      "   stxr %w1, %w3, [%2]\n"
      "   cbnz %w1, 1b"
      : "=&r"(before), "=&r"(failed)
      : "r"(at), "r"(value)
      : "memory");
  return before;
}

#else
#error "the recorder knows x86-64 and 64-bit ARM"
#endif

#endif
