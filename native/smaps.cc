// What /proc/self/smaps says of given address ranges, summed over the mappings that overlap them.
//
// The kernel accounts by mapping, not by address, and may merge neighbours: where a mapping overlaps a
// range only in part, its figures are scaled by the share of the overlap, and the answer counts such
// mappings, so that the caller knows where the sum is an estimate.
//
// Reading is expensive (the kernel walks every page table of the process: about 22 ms for 1 GiB of
// small pages). Who samples on a beat uses mincore.

#include "args.h"
#include "addon.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace pageheap {
namespace {

// The figures, in the order in which they are answered; bytes except the last two.
enum Figure { kRss, kPss, kLazyFree, kAnonHugePages, kSwap, kMappings, kPartial, kFigures };

struct Key {
  const char* text;
  Figure figure;
};
constexpr Key kKeys[] = {
    {"Rss:", kRss}, {"Pss:", kPss}, {"LazyFree:", kLazyFree}, {"AnonHugePages:", kAnonHugePages}, {"Swap:", kSwap},
};

struct Range {
  uint64_t low;
  uint64_t high;
};

// Reads a file of /proc line by line through one buffer. Lines longer than the buffer are split, which
// no line of interest is.
class Lines {
 public:
  explicit Lines(const char* path) : fd_(open(path, O_RDONLY | O_CLOEXEC)), error_(fd_ < 0 ? errno : 0) {}
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  ~Lines() {
    if (fd_ >= 0) close(fd_);
  }

  int error() const { return error_; }

  // The next line with a terminating 0, or nullptr at the end or an error.
  char* Next() {
    if (fd_ < 0) return nullptr;
    for (;;) {
      char* stop = static_cast<char*>(memchr(buffer_ + begin_, '\n', end_ - begin_));
      if (stop != nullptr) {
        char* line = buffer_ + begin_;
        *stop = 0;
        begin_ = static_cast<size_t>(stop - buffer_) + 1;
        return line;
      }
      if (begin_ > 0) {
        memmove(buffer_, buffer_ + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
      }
      if (end_ == sizeof buffer_ - 1) {
        end_ = 0;  // a line longer than the buffer: drop what was read of it
      }
      ssize_t n = read(fd_, buffer_ + end_, sizeof buffer_ - 1 - end_);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        if (n < 0) error_ = errno;
        return nullptr;
      }
      end_ += static_cast<size_t>(n);
    }
  }

 private:
  int fd_;
  int error_;
  size_t begin_ = 0;
  size_t end_ = 0;
  char buffer_[65536];
};

// The header of a mapping: "low-high perms …". Keys of the details begin with a capital letter, which no
// hexadecimal digit of the kernel's is.
bool ParseHeader(char* line, Range* mapping) {
  if ((*line < '0' || *line > '9') && (*line < 'a' || *line > 'f')) return false;
  char* at = line;
  mapping->low = strtoull(at, &at, 16);
  if (*at != '-') return false;
  mapping->high = strtoull(at + 1, &at, 16);
  return mapping->high > mapping->low;
}

uint64_t Overlap(const Range& mapping, const std::vector<Range>& ranges) {
  uint64_t sum = 0;
  for (const Range& range : ranges) {
    uint64_t low = std::max(range.low, mapping.low);
    uint64_t high = std::min(range.high, mapping.high);
    if (low < high) sum += high - low;
  }
  return sum;
}

// smaps(ranges: Float64Array [low, high, …], out: Float64Array of 7): the figures above. 0 or errno.
// The ranges must not overlap each other.
Napi::Value Smaps(const Napi::CallbackInfo& info) {
  Elements<double> pairs = DoublesArg(info, 0);
  Elements<double> out = DoublesArg(info, 1);
  if (out.length < kFigures) return NumberOf(info, EINVAL);
  std::vector<Range> ranges;
  for (size_t i = 0; i + 1 < pairs.length; i += 2) {
    ranges.push_back({WholeOf(pairs.data[i]), WholeOf(pairs.data[i + 1])});
  }
  double sums[kFigures] = {};
  double share = 0;  // of the present mapping
  Lines lines("/proc/self/smaps");
  while (char* line = lines.Next()) {
    Range mapping;
    if (ParseHeader(line, &mapping)) {
      uint64_t overlap = Overlap(mapping, ranges);
      share = static_cast<double>(overlap) / static_cast<double>(mapping.high - mapping.low);
      if (overlap > 0) sums[kMappings]++;
      if (overlap > 0 && share < 1) sums[kPartial]++;
      continue;
    }
    if (share == 0) continue;
    for (const Key& key : kKeys) {
      size_t n = strlen(key.text);
      if (strncmp(line, key.text, n) != 0) continue;
      sums[key.figure] += share * 1024 * static_cast<double>(strtoull(line + n, nullptr, 10));
      break;
    }
  }
  if (lines.error() != 0) return NumberOf(info, lines.error());
  for (size_t i = 0; i < kFigures; i++) out.data[i] = sums[i];
  return NumberOf(info, 0);
}

// vmaCount(): the mappings of the process, or the negative errno.
Napi::Value VmaCount(const Napi::CallbackInfo& info) {
  double count = 0;
  Lines lines("/proc/self/maps");
  while (lines.Next() != nullptr) count++;
  return NumberOf(info, lines.error() != 0 ? -lines.error() : count);
}

}  // namespace

void ExportSmaps(Napi::Env env, Napi::Object exports) {
  Export<Smaps>(env, exports, "smaps");
  Export<VmaCount>(env, exports, "vmaCount");
}

}  // namespace pageheap
