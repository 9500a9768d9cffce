// Reaching memory that may not be there.

#ifndef PAGEHEAP_NATIVE_LOOK_H_
#define PAGEHEAP_NATIVE_LOOK_H_

#include <cstddef>
#include <cstdint>

namespace pageheap {

// Copies n bytes from an address of this process, or to one: 0, or EFAULT if any of them is not
// readable (writable). When EFAULT is answered the part before the fault may have been copied.
// Safe in a signal handler: system calls only, nothing allocated.
int SafeRead(void* to, uintptr_t from, size_t n);
int SafeWrite(uintptr_t to, const void* from, size_t n);

// Fills n bytes at an address; copies n bytes from one address to another, where the two ranges may
// overlap. Answers as above. With a buffer of 64 KiB on the stack: not for signal handlers.
int SafeFill(uintptr_t to, size_t n, unsigned char byte);
int SafeMove(uintptr_t to, uintptr_t from, size_t n);

}  // namespace pageheap

#endif  // PAGEHEAP_NATIVE_LOOK_H_
