// The crash report: what the heap knew of an address whose access killed the process.
//
// A raw view can be touched after its memory was released for good or made to fault; then there is no
// JavaScript any more to explain it. The handler here needs none: it finds the registered descriptor
// (crash.h) whose range holds the address, prints what it knows to stderr, restores the default action
// and returns, so that the same instruction faults again and the process dies of the true cause (exit
// status and core file as without us). A fault anywhere else goes to the handler that was installed
// before (V8 and Node use SIGSEGV for their own ends), or to the default action.
//
// Only async-signal-safe work: system calls, a line buffer on the stack, no allocation, no stdio. The
// table of descriptors is a fixed array of atomics, so registering needs no lock against the handler.

#include "crash.h"

#include "args.h"
#include "addon.h"
#include "look.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>

namespace pageheap {
namespace {

constexpr size_t kDescriptors = 64;
std::atomic<uintptr_t> descriptors[kDescriptors];

struct Former {
  int signal;
  struct sigaction action;
};
Former former[] = {{SIGSEGV, {}}, {SIGBUS, {}}};

// A line of text that builds itself without any library.
class Line {
 public:
  Line& Text(const char* text) { return Text(text, strlen(text)); }
  Line& Text(const char* text, size_t n) {
    for (size_t i = 0; i < n && length_ < sizeof buffer_; i++) buffer_[length_++] = text[i];
    return *this;
  }
  Line& Decimal(uint64_t value) { return Digits(value, 10); }
  Line& Hex(uint64_t value) { return Text("0x").Digits(value, 16); }
  void Print() {
    Text("\n");
    size_t done = 0;
    while (done < length_) {
      ssize_t n = write(STDERR_FILENO, buffer_ + done, length_ - done);
      if (n <= 0) return;
      done += static_cast<size_t>(n);
    }
  }

 private:
  Line& Digits(uint64_t value, unsigned base) {
    char digits[20];
    size_t n = 0;
    do {
      digits[n++] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (n > 0) Text(&digits[--n], 1);
    return *this;
  }

  size_t length_ = 0;
  char buffer_[256];
};

bool ReadColumn(const CrashColumn& column, uint64_t index, uint64_t* value) {
  if (column.address == 0 || index >= column.length || column.element_bytes > sizeof *value) return false;
  *value = 0;  // little-endian: the element's bytes are the low ones
  return SafeRead(value, column.address + index * column.stride, column.element_bytes) == 0;
}

// One bit of a chunk's bitmap (512 pages a chunk).
bool ReadPageBit(const CrashColumn& column, uint64_t page, bool* bit) {
  if (column.address == 0 || page / 512 >= column.length) return false;
  uint8_t byte;
  uint64_t at = column.address + page / 512 * column.stride + page % 512 / 8;
  if (SafeRead(&byte, at, 1) != 0) return false;
  *bit = (byte >> (page % 8)) & 1;
  return true;
}

void PrintPageState(const CrashDescriptor& heap, uint64_t page) {
  bool allocated;
  bool scavenged;
  if (!ReadPageBit(heap.columns[kAllocatedBits], page, &allocated)) return;
  Line line;
  line.Text("pageheap:   the page is ").Text(allocated ? "allocated" : "free");
  if (ReadPageBit(heap.columns[kScavengedBits], page, &scavenged)) {
    line.Text(scavenged ? ", released to the system" : ", not released");
  }
  line.Print();
}

// Where objects come from a pointer that only moves on, they are in blocks, and spans know nothing of them.
void PrintBlock(const CrashDescriptor& heap, uint64_t page) {
  uint64_t first;
  if (!ReadColumn(heap.columns[kPageBlock], page, &first) || first == 0) {
    Line().Text("pageheap:   objects are in blocks here (GODEBUG=sbrk=1), and no block has this page").Print();
    return;
  }
  Line()
      .Text("pageheap:   the page is of a block of objects that are never freed (GODEBUG=sbrk=1), from ")
      .Hex(heap.origin + ((first - 1) << heap.page_shift))
      .Print();
}

void PrintSpan(const CrashDescriptor& heap, uint64_t address, uint64_t page) {
  uint64_t span;
  bool known = ReadColumn(heap.columns[kPageSpan], page, &span);
  if (heap.columns[kPageBlock].address != 0 && (!known || span == 0)) {
    PrintBlock(heap, page);
    return;
  }
  if (!known) {
    Line().Text("pageheap:   the page is not in the page map").Print();
    return;
  }
  if (span == 0) {
    Line().Text("pageheap:   no span has this page").Print();
    return;
  }
  Line line;
  line.Text("pageheap:   span ").Decimal(span);
  uint64_t value;
  if (ReadColumn(heap.columns[kSpanState], span, &value)) {
    line.Text(", state ");
    if (value < kCrashStates && heap.state_names[value][0] != 0) {
      line.Text(heap.state_names[value], strnlen(heap.state_names[value], sizeof heap.state_names[value]));
    } else {
      line.Decimal(value);
    }
  }
  uint64_t base;
  uint64_t pages;
  bool bounds = ReadColumn(heap.columns[kSpanBase], span, &base) && ReadColumn(heap.columns[kSpanPages], span, &pages);
  uint64_t low = 0;
  if (bounds) {
    low = heap.origin + (base << heap.page_shift);
    line.Text(", ").Hex(low).Text(" to ").Hex(low + (pages << heap.page_shift));
    line.Text(" (").Decimal(pages).Text(pages == 1 ? " page)" : " pages)");
  }
  if (ReadColumn(heap.columns[kSpanClass], span, &value)) line.Text(", span class ").Decimal(value);
  line.Print();
  if (ReadColumn(heap.columns[kSpanUse], span, &value) && value < kCrashUses && heap.use_names[value][0] != 0) {
    Line()
        .Text("pageheap:   used for ")
        .Text(heap.use_names[value], strnlen(heap.use_names[value], sizeof heap.use_names[value]))
        .Print();
  }
  if (bounds && address >= low && ReadColumn(heap.columns[kElementSize], span, &value) && value != 0) {
    uint64_t offset = address - low;
    Line()
        .Text("pageheap:   element ")
        .Decimal(offset / value)
        .Text(" of ")
        .Decimal(value)
        .Text(" bytes, at its byte ")
        .Decimal(offset % value)
        .Print();
  }
}

// Prints if the address lies in a range of that heap.
bool Report(uintptr_t at, int signal, uint64_t address) {
  CrashDescriptor heap;
  if (SafeRead(&heap, at, sizeof heap) != 0) return false;
  if (memcmp(heap.magic, "PGHCRASH", 8) != 0 || heap.version != 3) return false;
  const CrashRange* hit = nullptr;
  for (uint32_t i = 0; i < heap.range_count && i < kCrashRanges; i++) {
    if (address >= heap.ranges[i].low && address < heap.ranges[i].high) hit = &heap.ranges[i];
  }
  if (hit == nullptr) return false;
  Line()
      .Text("pageheap: ")
      .Text(signal == SIGBUS ? "SIGBUS" : "SIGSEGV")
      .Text(" at ")
      .Hex(address)
      .Text(", in the ")
      .Text(hit->name, strnlen(hit->name, sizeof hit->name))
      .Text(" range ")
      .Hex(hit->low)
      .Text(" to ")
      .Hex(hit->high)
      .Text(", thread ")
      .Decimal(static_cast<uint64_t>(syscall(SYS_gettid)))
      .Print();
  if (address < heap.origin) return true;
  uint64_t page = (address - heap.origin) >> heap.page_shift;
  if (page >= heap.pages) return true;
  Line().Text("pageheap:   page ").Decimal(page).Text(" of the heap with origin ").Hex(heap.origin).Print();
  PrintPageState(heap, page);
  PrintSpan(heap, address, page);
  return true;
}

void DefaultAction(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

void Chain(int signal, siginfo_t* detail, void* context) {
  for (const Former& f : former) {
    if (f.signal != signal) continue;
    if ((f.action.sa_flags & SA_SIGINFO) != 0 && f.action.sa_sigaction != nullptr) {
      f.action.sa_sigaction(signal, detail, context);
      return;
    }
    if (f.action.sa_handler == SIG_IGN && detail->si_code <= 0) return;
    if (f.action.sa_handler != SIG_DFL && f.action.sa_handler != SIG_IGN) {
      f.action.sa_handler(signal);
      return;
    }
  }
  DefaultAction(signal);
  // A true fault repeats when the handler returns; a signal that was sent does not.
  if (detail->si_code <= 0) raise(signal);
}

void Handle(int signal, siginfo_t* detail, void* context) {
  int saved = errno;
  // si_code > 0: the processor's own fault, so that si_addr means something.
  bool ours = false;
  if (detail->si_code > 0) {
    uint64_t address = reinterpret_cast<uintptr_t>(detail->si_addr);
    for (const std::atomic<uintptr_t>& slot : descriptors) {
      uintptr_t at = slot.load(std::memory_order_acquire);
      if (at != 0 && !ours) ours = Report(at, signal, address);
    }
  }
  if (ours) {
    DefaultAction(signal);
  } else {
    Chain(signal, detail, context);
  }
  errno = saved;
}

int Install() {
  static std::mutex mutex;
  static bool installed = false;
  std::lock_guard<std::mutex> lock(mutex);
  if (installed) return 0;
  for (Former& f : former) {
    struct sigaction action = {};
    action.sa_sigaction = Handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    // The former action is asked for first: the handler may run as soon as it is installed.
    if (sigaction(f.signal, nullptr, &f.action) != 0 || sigaction(f.signal, &action, nullptr) != 0) return errno;
  }
  installed = true;
  return 0;
}

// crashRegister(descriptor address): reports for this heap from now on. 0, EINVAL (no address), ENOSPC
// (64 heaps), or the errno of sigaction. Registering an address twice keeps one entry.
Napi::Value Register(const Napi::CallbackInfo& info) {
  uintptr_t at = AddressArg(info, 0);
  if (at == 0) return NumberOf(info, EINVAL);
  int error = Install();
  if (error != 0) return NumberOf(info, error);
  for (const std::atomic<uintptr_t>& slot : descriptors) {
    if (slot.load() == at) return NumberOf(info, 0);
  }
  for (std::atomic<uintptr_t>& slot : descriptors) {
    uintptr_t none = 0;
    if (slot.compare_exchange_strong(none, at)) return NumberOf(info, 0);
  }
  return NumberOf(info, ENOSPC);
}

// crashUnregister(descriptor address): 0, or ENOENT. The handler stays; it chains.
Napi::Value Unregister(const Napi::CallbackInfo& info) {
  uintptr_t at = AddressArg(info, 0);
  for (std::atomic<uintptr_t>& slot : descriptors) {
    uintptr_t expected = at;
    if (at != 0 && slot.compare_exchange_strong(expected, 0)) return NumberOf(info, 0);
  }
  return NumberOf(info, ENOENT);
}

}  // namespace

void ExportCrash(Napi::Env env, Napi::Object exports) {
  Export<Register>(env, exports, "crashRegister");
  Export<Unregister>(env, exports, "crashUnregister");
}

}  // namespace pageheap
