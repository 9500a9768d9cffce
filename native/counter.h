// The processor's counter: a clock that all its cores share. The recorder stamps with it what it records, since asking the
// kernel would cost more than the recorded call; the addon reads it beside the kernel's clocks. Nobody relies on its rate.
#ifndef PAGEHEAP_COUNTER_H
#define PAGEHEAP_COUNTER_H

#include <stdint.h>

static inline uint64_t counter(void) {
#if defined(__x86_64__)
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
  // It goes at 24 MHz to 1 GHz. A record keeps no more than every 4096th step, so that steps are made of a 64th.
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks << 6;
#else
#error "the recorder knows x86-64 and 64-bit ARM"
#endif
}

#endif
