//go:build go1.21 && !go1.22

package runtime_test

// Recordings of where the real malloc puts objects, as `pageheap verify` replays them: JSON lines, told in
// lib/lab/verify/malloc-trace.ts. A seed decides what is allocated; what else the case names is taken in place of what the seed says:
//
//	mode   fresh: a process that never collected; gc: a collection has dropped part of what was there; unswept: that
//	       collection has marked, and what it freed is swept by who allocates
//	mix    which sizes: see mallocMixes
//	n      how many allocations are recorded
//	fill   how many there were before
//	drop   per cent of these that each collection frees
//	rounds collections, with new objects before each
//	within where it is not swept: bytes within which allocations sweep it; 0: they sweep what they need
//	procs  Ps that have allocated before; shrink=1: all but one of them are gone when it is recorded
//
// What the runtime holds itself (goroutines, the program's own objects) is part of what is recorded.

import (
	"bufio"
	"fmt"
	"math"
	"math/rand"
	"os"
	. "runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

func init() {
	benchCases["malloc-trace"] = recordMalloc
	mallocMixes["all"] = func(r *rand.Rand) wantedObject {
		names := [...]string{"small", "tiny", "borders", "large", "pages", "one", "sixteen", "empty"}
		return mallocMixes[names[r.Intn(len(names))]](r)
	}
}

const (
	mallocArena = 0xc000000000
	mostFilled  = 3 << 29
	mostAsked   = 3 << 30
	// Chunks of 4 MiB: 16 GiB.
	mostChunks = 4096
)

type wantedObject struct {
	size uintptr
	scan bool
}

// mallocMixes draw the next object of a program.
var mallocMixes = map[string]func(r *rand.Rand) wantedObject{
	// All small sizes alike by their logarithm.
	"small": func(r *rand.Rand) wantedObject { return objectOf(r, logSize(r, 1, 32768), 2) },
	"tiny":  func(r *rand.Rand) wantedObject { return objectOf(r, 1+r.Intn(16), 8) },
	// Around the borders of the size classes.
	"borders": func(r *rand.Rand) wantedObject {
		sizes := BenchSizes()
		return objectOf(r, int(sizes[r.Intn(len(sizes))])-1+r.Intn(3), 2)
	},
	"large": func(r *rand.Rand) wantedObject {
		if r.Intn(4) == 0 {
			return objectOf(r, logSize(r, 1, 32768), 2)
		}
		return objectOf(r, logSize(r, 32769, 8<<20), 2)
	},
	// Of whole pages and a byte more or less, where the page cache ends and the summaries begin.
	"pages": func(r *rand.Rand) wantedObject {
		return objectOf(r, logSize(r, 1, 600)*BenchPage-1+r.Intn(3), 2)
	},
	// More than one arena each, and what lies between.
	"arenas": func(r *rand.Rand) wantedObject {
		if r.Intn(200) == 0 {
			return objectOf(r, logSize(r, 16<<20, 200<<20), 2)
		}
		return objectOf(r, logSize(r, 1, 1<<20), 2)
	},
	// Nearly all of one class, in both kinds.
	"one": func(r *rand.Rand) wantedObject {
		if r.Intn(50) == 0 {
			return objectOf(r, logSize(r, 1, 65536), 2)
		}
		return objectOf(r, 8192-r.Intn(1000), 2)
	},
	"sixteen": func(r *rand.Rand) wantedObject {
		if r.Intn(50) == 0 {
			return objectOf(r, logSize(r, 1, 65536), 2)
		}
		return objectOf(r, 16, 2)
	},
	"scan":   func(r *rand.Rand) wantedObject { return objectOf(r, logSize(r, 8, 100_000), 1) },
	"noscan": func(r *rand.Rand) wantedObject { return objectOf(r, logSize(r, 1, 100_000), 0) },
	"empty": func(r *rand.Rand) wantedObject {
		if r.Intn(3) == 0 {
			return wantedObject{0, r.Intn(2) == 0}
		}
		return objectOf(r, logSize(r, 1, 300), 2)
	},
}

var mallocMixNames = [...]string{
	"small", "tiny", "borders", "large", "pages", "arenas", "one", "sixteen", "scan", "noscan", "empty", "all",
}

// objectOf is one with pointers once in so many times; never if that is 0. Pointers fill whole words.
func objectOf(r *rand.Rand, size, once int) wantedObject {
	if once == 0 || r.Intn(once) != 0 {
		return wantedObject{uintptr(size), false}
	}
	return wantedObject{uintptr(size+7) &^ 7, true}
}

func logSize(r *rand.Rand, least, most int) int {
	span := math.Log(float64(most+1) / float64(least))
	return int(float64(least) * math.Exp(r.Float64()*span))
}

type mallocProgram struct {
	seed                                 int
	mode, mix                            string
	n, fill, drop, rounds, procs, within int
	shrink                               bool
	// What lives: a collection is to see it.
	held []unsafe.Pointer
}

func newMallocProgram(t *testing.T, c *benchCase) (*mallocProgram, *rand.Rand) {
	p := &mallocProgram{seed: c.number(t, "seed")}
	r := rand.New(rand.NewSource(int64(p.seed)))
	text := func(key, drawn string) string {
		if given, ok := c.params[key]; ok {
			return given
		}
		return drawn
	}
	number := func(key string, drawn int) int {
		if _, ok := c.params[key]; ok {
			return c.number(t, key)
		}
		return drawn
	}
	p.mode = text("mode", [...]string{"fresh", "gc", "unswept"}[r.Intn(3)])
	p.mix = text("mix", mallocMixNames[r.Intn(len(mallocMixNames))])
	p.n = number("n", 5000+r.Intn(20_000))
	fill := [...]int{0, r.Intn(200), r.Intn(10_000)}[r.Intn(3)]
	if p.mode != "fresh" {
		fill = 1000 + r.Intn(30_000)
	}
	p.fill = number("fill", fill)
	p.drop = number("drop", [...]int{5, 50, 70, 95, 100}[r.Intn(5)])
	p.rounds = number("rounds", 1+r.Intn(3))
	p.procs = number("procs", [...]int{1, 1, 1, 2, 4}[r.Intn(5)])
	p.shrink = number("shrink", r.Intn(2)) == 1
	if p.mode == "unswept" {
		p.procs = 1
		p.within = number("within", [...]int{0, 1<<20 + r.Intn(64<<20)}[r.Intn(2)])
	}
	if mallocMixes[p.mix] == nil {
		t.Fatalf("no mix %s", p.mix)
	}
	return p, r
}

func recordMalloc(t *testing.T, c *benchCase) {
	MemProfileRate = 0
	p, r := newMallocProgram(t, c)
	before, after := newMallocHeap(), newMallocHeap()
	var left *BenchHeap
	if p.mode != "fresh" {
		left = newMallocHeap()
	}
	p.live(r, left)
	ops, asked := outside[BenchMallocOp](p.n)[:p.n], uintptr(0)
	for i := range ops {
		wanted := mallocMixes[p.mix](r)
		ops[i].Size, ops[i].Scan = wanted.size, wanted.scan
		if asked += wanted.size; asked > mostAsked {
			ops = ops[:i]
			break
		}
	}
	BenchRecord(before, after, ops, uint64(p.within))
	KeepAlive(p)
	for _, h := range [...]*BenchHeap{before, after} {
		if p.mode != "unswept" && h.Unswept != 0 || h.Lost != 0 {
			t.Fatalf("%d spans are not swept, %d things found no room", h.Unswept, h.Lost)
		}
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	p.write(out, before, after, left, ops)
}

// live is the program up to the recording. left is the heap before the last collection, if there is one.
func (p *mallocProgram) live(r *rand.Rand, left *BenchHeap) {
	rounds := 1
	if left != nil {
		rounds = p.rounds
		// The first collection starts the goroutines that mark; the last one is to find them there.
		GC()
	}
	p.held = make([]unsafe.Pointer, 0, p.fill*rounds)
	for i := 0; i < rounds; i++ {
		p.fillAll(r)
		if left == nil {
			break
		}
		kept := p.held[:0]
		for _, at := range p.held {
			if r.Intn(100) >= p.drop {
				kept = append(kept, at)
			}
		}
		for k := len(kept); k < len(p.held); k++ {
			p.held[k] = nil
		}
		p.held = kept
		BenchLook(left)
		if p.mode == "unswept" && i == rounds-1 {
			BenchMark()
		} else {
			GC()
		}
	}
	if p.shrink && p.procs > 1 {
		GOMAXPROCS(1)
	}
}

// fillAll allocates on all Ps: on each of them a goroutine that gives way to none.
func (p *mallocProgram) fillAll(r *rand.Rand) {
	wanted := make([]wantedObject, 0, p.fill)
	for asked := uintptr(0); len(wanted) < p.fill && asked < mostFilled/uintptr(p.rounds); {
		o := mallocMixes[p.mix](r)
		asked += o.size
		wanted = append(wanted, o)
	}
	if p.procs == 1 {
		for _, o := range wanted {
			p.held = append(p.held, BenchMalloc(o.size, o.scan))
		}
		return
	}
	GOMAXPROCS(p.procs)
	got := make([]unsafe.Pointer, len(wanted))
	var there atomic.Int32
	var all sync.WaitGroup
	for k := 0; k < p.procs; k++ {
		all.Add(1)
		go func(k int) {
			defer all.Done()
			there.Add(1)
			for there.Load() < int32(p.procs) {
			}
			for i := k; i < len(wanted); i += p.procs {
				got[i] = BenchMalloc(wanted[i].size, wanted[i].scan)
			}
		}(k)
	}
	all.Wait()
	p.held = append(p.held, got...)
}

func outside[T any](n int) []T {
	var one T
	return unsafe.Slice((*T)(BenchOutside(uintptr(n+1)*unsafe.Sizeof(one))), n+1)
}

func newMallocHeap() *BenchHeap {
	const spans = 1 << 19
	h := &outside[BenchHeap](1)[0]
	h.Ranges = outside[[2]uintptr](64)
	h.Chunks = outside[[8]uint64](mostChunks)
	h.Spans = outside[BenchSpan](spans)
	h.Bits = outside[byte](spans * 64)
	h.Sets = outside[BenchSet](spans)
	return h
}

func (p *mallocProgram) write(out *bufio.Writer, before, after, left *BenchHeap, ops []BenchMallocOp) {
	fmt.Fprintf(out, "\n{\"k\":\"hdr\",\"go\":\"%s\",\"mode\":\"%s\",\"n\":%d,\"seed\":%d,\"arenaBase\":\"%#x\",", Version(),
		p.mode, len(ops), p.seed, mallocArena)
	fmt.Fprintf(out, "\"op\":\"[size,scan,addr-arenaBase,spanBasePage,npages,spanclass,elemsize]\",")
	fmt.Fprintf(out, "\"mix\":\"%s\",\"fill\":%d,\"drop\":%d,\"rounds\":%d,\"procs\":%d,\"shrink\":%t,\"sweepWithin\":%d,\"pagesSwept\":%d}\n", p.mix, p.fill,
		p.drop, p.rounds, p.procs, p.shrink, p.within,
		before.PagesSwept)
	writeHeap(out, "heap0", before)
	fmt.Fprintf(out, "{\"k\":\"partialSwept\",\"byClass\":{%s}}\n", setsText(before, BenchSet{}))
	switch {
	case p.mode == "unswept":
		// What is swept already comes from the cache.
		left.Cached = [len(left.Cached)]uintptr{}
		for _, s := range before.Sets {
			if !s.Unswept {
				left.Cached[s.Class] = s.Base
			}
		}
		fmt.Fprintf(out, "{\"k\":\"beforeCollection\",\"mcache\":%s,\"full\":{%s},\"partial\":{%s}}\n", cachedText(left),
			setsText(before, BenchSet{Full: true, Unswept: true}), setsText(before, BenchSet{Unswept: true}))
	// Other Ps are flushed in an order of their own.
	case p.mode == "gc" && p.procs == 1:
		fmt.Fprintf(out, "{\"k\":\"beforeCollection\",\"mcache\":%s,\"full\":{%s},\"partial\":{%s}}\n", cachedText(left),
			setsText(left, BenchSet{Full: true}), setsText(left, BenchSet{}))
	}
	for _, s := range before.Spans {
		fmt.Fprintf(out, "{\"k\":\"span\",\"page\":%d,\"npages\":%d,\"class\":%d,\"state\":%d,", pageOf(s.Base), s.Pages,
			s.Class, s.State)
		fmt.Fprintf(out, "\"nelems\":%d,\"freeindex\":%d,\"allocCount\":%d,", s.Objects, s.FreeIndex, s.AllocCount)
		fmt.Fprintf(out, "\"allocCache\":\"%016x\",\"needzero\":%d,\"allocBits\":\"%x\"", s.AllocCache, s.NeedZero,
			before.Bits[s.Bits:s.Marks])
		if s.MarksEnd > s.Marks {
			fmt.Fprintf(out, ",\"markBits\":\"%x\"", before.Bits[s.Marks:s.MarksEnd])
		}
		out.WriteString("}\n")
	}
	for i := range ops {
		op := &ops[i]
		scan, page := 0, -1
		if op.Scan {
			scan = 1
		}
		if op.SpanPages > 0 {
			page = pageOf(op.SpanBase)
		}
		fmt.Fprintf(out, "[%d,%d,%d,%d,%d,%d,%d]\n", op.Size, scan, int(op.At)-mallocArena, page, op.SpanPages, op.Class,
			op.Object)
	}
	writeHeap(out, "heap1", after)
}

func pageOf(at uintptr) int { return (int(at) - mallocArena) / BenchPage }

func cachedText(h *BenchHeap) string {
	text := ""
	for i, at := range h.Cached {
		page := -1
		if at != 0 {
			page = pageOf(at)
		}
		if i > 0 {
			text += ","
		}
		text += strconv.Itoa(page)
	}
	return "[" + text + "]"
}

// setsText is what lies in the sets of a kind, by class.
func setsText(h *BenchHeap, kind BenchSet) string {
	var text []byte
	last := -1
	for _, s := range h.Sets {
		if s.Full != kind.Full || s.Unswept != kind.Unswept {
			continue
		}
		if int(s.Class) == last {
			text = append(text, ',')
		} else {
			if last >= 0 {
				text = append(text, "],"...)
			}
			text = fmt.Appendf(text, "\"%d\":[", s.Class)
			last = int(s.Class)
		}
		text = strconv.AppendInt(text, int64(pageOf(s.Base)), 10)
	}
	if last >= 0 {
		text = append(text, ']')
	}
	return string(text)
}

func writeHeap(out *bufio.Writer, kind string, h *BenchHeap) {
	cache := 0
	if h.CacheBase != 0 {
		cache = pageOf(h.CacheBase)
	}
	fmt.Fprintf(out, "{\"k\":\"%s\",\"curArena\":[%d,%d],\"pcache\":[%d,\"%016x\",\"%016x\"],", kind, int(h.CurBase)-mallocArena,
		int(h.CurEnd)-mallocArena, cache, h.CacheFree, h.CacheScavenged)
	fmt.Fprintf(out, "\"searchPage\":%d,\"tiny\":[%d,%d],\"inUse\":[", pageOf(h.Search), int(h.Tiny)-mallocArena, h.TinyOffset)
	for i, r := range h.Ranges {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "[%d,%d]", int(r[0])-mallocArena, int(r[1])-mallocArena)
	}
	fmt.Fprintf(out, "],\"mcache\":%s,\"alloc\":[", cachedText(h))
	for i, words := range h.Chunks {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('"')
		for _, word := range words {
			fmt.Fprintf(out, "%016x", word)
		}
		out.WriteByte('"')
	}
	out.WriteString("]}\n")
}
