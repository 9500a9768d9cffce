// Looking at memory that may not be there: the kernel copies, and where it would fault it answers EFAULT.
//
// The first way is process_vm_readv and process_vm_writev on the process itself. Some containers
// forbid them (EPERM, ENOSYS, or what their filter answers); then a pipe does the same, slower: write(2)
// from a bad address and read(2) to one answer EFAULT too. /proc/self/mem would not do: it reads and
// writes through the protection of the pages.
//
// In sanitizer builds a look at what is poisoned ends in a report (poison.h): the kernel's copy is not instrumented.
//
// A look at a page never touched leaves something there, which mincore counts as resident: the kernel's
// zero page, which smaps does not count, or on a kernel without one (pvm_no_zero_page=1) a page of its
// own, which smaps counts, too. Who measures asks mincore first.

#include "look.h"

#include "args.h"
#include "addon.h"
#include "poison.h"

#include <sys/uio.h>
#include <unistd.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>

namespace pageheap {
namespace {

enum class Direction { kRead, kWrite };

// What is filled or moved at once, through a buffer on the stack.
constexpr size_t kPieceBytes = 65536;

// Through a pipe, in pieces that always fit it.
int CopyByPipe(Direction direction, char* local, uintptr_t remote, size_t n) {
  constexpr size_t kPiece = 4096;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  int error = 0;
  while (n > 0 && error == 0) {
    size_t piece = n < kPiece ? n : kPiece;
    char* there = reinterpret_cast<char*>(remote);
    const char* from = direction == Direction::kRead ? there : local;
    char* to = direction == Direction::kRead ? local : there;
    ssize_t in = write(ends[1], from, piece);
    if (in <= 0) {
      error = in < 0 ? errno : EFAULT;
      break;
    }
    ssize_t out = read(ends[0], to, static_cast<size_t>(in));
    if (out != in || static_cast<size_t>(in) != piece) {
      error = out < 0 ? errno : EFAULT;
      break;
    }
    local += piece;
    remote += piece;
    n -= piece;
  }
  close(ends[0]);
  close(ends[1]);
  return error;
}

int CopyByKernel(Direction direction, char* local, uintptr_t remote, size_t n) {
  // The kernel copies at most MAX_RW_COUNT bytes (2 GiB less a page) a call, so in pieces.
  constexpr size_t kPiece = size_t{1} << 30;
  while (n > 0) {
    size_t piece = n < kPiece ? n : kPiece;
    iovec here = {local, piece};
    iovec there = {reinterpret_cast<void*>(remote), piece};
    ssize_t done = direction == Direction::kRead ? process_vm_readv(getpid(), &here, 1, &there, 1, 0)
                                                 : process_vm_writev(getpid(), &here, 1, &there, 1, 0);
    if (done < 0) return errno;
    if (static_cast<size_t>(done) != piece) return EFAULT;
    local += piece;
    remote += piece;
    n -= piece;
  }
  return 0;
}

int SafeCopy(Direction direction, char* local, uintptr_t remote, size_t n) {
  CheckPoison(remote, n);
  int error = CopyByKernel(direction, local, remote, n);
  // EFAULT is the answer. Whatever else the kernel says is that it will not do it this way.
  if (error != 0 && error != EFAULT) error = CopyByPipe(direction, local, remote, n);
  return error;
}

// peek(address, out: Uint8Array): fills out from the address. 0 or errno.
Napi::Value Peek(const Napi::CallbackInfo& info) {
  Elements<uint8_t> out = BytesArg(info, 1);
  return NumberOf(info, SafeRead(out.data, AddressArg(info, 0), out.length));
}

// poke(address, bytes: Uint8Array): writes the bytes there. 0 or errno.
Napi::Value Poke(const Napi::CallbackInfo& info) {
  Elements<uint8_t> bytes = BytesArg(info, 1);
  return NumberOf(info, SafeWrite(AddressArg(info, 0), bytes.data, bytes.length));
}

// peekByKernel(address, out) and peekByPipe(address, out): one way alone, for the tests and doctor.
Napi::Value PeekByKernel(const Napi::CallbackInfo& info) {
  Elements<uint8_t> out = BytesArg(info, 1);
  return NumberOf(info, CopyByKernel(Direction::kRead, reinterpret_cast<char*>(out.data), AddressArg(info, 0), out.length));
}

Napi::Value PeekByPipe(const Napi::CallbackInfo& info) {
  Elements<uint8_t> out = BytesArg(info, 1);
  return NumberOf(info, CopyByPipe(Direction::kRead, reinterpret_cast<char*>(out.data), AddressArg(info, 0), out.length));
}

Napi::Value PokeByPipe(const Napi::CallbackInfo& info) {
  Elements<uint8_t> bytes = BytesArg(info, 1);
  return NumberOf(info, CopyByPipe(Direction::kWrite, reinterpret_cast<char*>(bytes.data), AddressArg(info, 0), bytes.length));
}

}  // namespace

int SafeRead(void* to, uintptr_t from, size_t n) {
  return SafeCopy(Direction::kRead, static_cast<char*>(to), from, n);
}

int SafeWrite(uintptr_t to, const void* from, size_t n) {
  // The kernel only reads the local side of a write.
  return SafeCopy(Direction::kWrite, const_cast<char*>(static_cast<const char*>(from)), to, n);
}

int SafeFill(uintptr_t to, size_t n, unsigned char byte) {
  char piece[kPieceBytes];
  memset(piece, byte, std::min(n, kPieceBytes));
  while (n > 0) {
    size_t length = std::min(n, kPieceBytes);
    int error = SafeWrite(to, piece, length);
    if (error != 0) return error;
    to += length;
    n -= length;
  }
  return 0;
}

int SafeMove(uintptr_t to, uintptr_t from, size_t n) {
  char piece[kPieceBytes];
  // Where the end of the source would be overwritten before it is read, the end goes first.
  bool backward = to > from && to - from < n;
  for (size_t done = 0; done < n;) {
    size_t length = std::min(n - done, kPieceBytes);
    size_t at = backward ? n - done - length : done;
    int error = SafeRead(piece, from + at, length);
    if (error == 0) error = SafeWrite(to + at, piece, length);
    if (error != 0) return error;
    done += length;
  }
  return 0;
}

void ExportLook(Napi::Env env, Napi::Object exports) {
  Export<Peek>(env, exports, "peek");
  Export<Poke>(env, exports, "poke");
  Export<PeekByKernel>(env, exports, "peekByKernel");
  Export<PeekByPipe>(env, exports, "peekByPipe");
  Export<PokeByPipe>(env, exports, "pokeByPipe");
}

}  // namespace pageheap
