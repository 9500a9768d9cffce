// Whether memory that the addon is about to look at is poisoned: see poison.cc.

#ifndef PAGEHEAP_NATIVE_POISON_H_
#define PAGEHEAP_NATIVE_POISON_H_

#include <cstddef>
#include <cstdint>

namespace pageheap {

// In a sanitizer build: a report, if any of the bytes is poisoned. Else nothing.
void CheckPoison(uintptr_t at, size_t n);

}  // namespace pageheap

#endif  // PAGEHEAP_NATIVE_POISON_H_
