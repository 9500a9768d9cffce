package runtime_test

// Page-level measurements inside the real runtime: single-page spans, the page allocator on heaps
// of many sizes, the page cache. The case comes in the environment variable PAGEHEAP_BENCH as
// "name key=value …"; results are JSON lines on standard output. The workloads are described in
// bench/workload.ts and follow the same pseudo-random sequence there.

import (
	"encoding/json"
	"fmt"
	"os"
	. "runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchCases is filled by the files of this folder.
var benchCases = map[string]func(t *testing.T, c *benchCase){
	"pages":      benchPages,
	"page-cache": benchPageCache,
	"span":       benchSpan,
}

type benchCase struct {
	name   string
	params map[string]string
}

func (c *benchCase) number(t *testing.T, key string) int {
	n, err := strconv.Atoi(c.params[key])
	if err != nil {
		t.Fatalf("the case needs %s=<number>", key)
	}
	return n
}

func (c *benchCase) emit(what string, ns float64, check uint32) {
	params := map[string]string{}
	for k, v := range c.params {
		params[k] = v
	}
	if what != "" {
		params["what"] = what
	}
	line, _ := json.Marshal(map[string]interface{}{
		"name": c.name, "params": params, "ns": ns, "check": strconv.FormatUint(uint64(check), 16),
	})
	fmt.Printf("\n%s\n", line)
}

type xorshift uint32

func (r *xorshift) below(n int) int {
	x := uint32(*r)
	x ^= x << 13
	x ^= x >> 17
	x ^= x << 5
	*r = xorshift(x)
	return int(uint64(x) * uint64(n) >> 32)
}

const benchSeed xorshift = 0x2545f491

// pick moves count random elements to the front.
func pick[T any](r *xorshift, all []T, count int) {
	for i := 0; i < count; i++ {
		j := i + r.below(len(all)-i)
		all[i], all[j] = all[j], all[i]
	}
}

func fold(check uint32, v uintptr) uint32 { return (check ^ uint32(v)) * 16777619 }

func middle(v []float64) float64 {
	sort.Float64s(v)
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

func TestPageheapBench(t *testing.T) {
	words := strings.Fields(os.Getenv("PAGEHEAP_BENCH"))
	if len(words) == 0 {
		t.Skip("no case in PAGEHEAP_BENCH")
	}
	c := &benchCase{name: words[0], params: map[string]string{}}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		c.params[key] = value
	}
	run := benchCases[c.name]
	if run == nil {
		t.Fatalf("unknown case %s", c.name)
	}
	GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	LockOSThread()
	run(t, c)
}

// emptyPageAlloc returns a page allocator of so many free chunks, and its first address.
func emptyPageAlloc(chunks int) (*PageAlloc, uintptr) {
	init := make(map[ChunkIdx][]BitRange, chunks)
	for i := 0; i < chunks; i++ {
		init[BaseChunkIdx+ChunkIdx(i)] = []BitRange{}
	}
	return NewPageAlloc(init, nil), PageBase(BaseChunkIdx, 0)
}

func benchPages(t *testing.T, c *benchCase) {
	n, mib, ops := c.number(t, "pages"), c.number(t, "mib"), c.number(t, "ops")
	p, base := emptyPageAlloc(mib / 4)
	defer FreePageAlloc(p)
	total := mib * 128
	r := benchSeed

	// Fill the heap, half its pages in runs of n, half in runs of 1 to 63.
	type run struct {
		at uintptr
		n  int
	}
	var own []uintptr
	var other []run
	one := make([]uintptr, 1)
	take := func(n int) uintptr {
		if !BenchAlloc(p, uintptr(n), one) {
			t.Fatal("the heap is full too early")
		}
		return one[0]
	}
	ownPages, otherPages := 0, 0
	for {
		k := n
		if ownPages > otherPages {
			k = 1 + r.below(63)
		}
		if ownPages+otherPages+k > total {
			break
		}
		if at := take(k); ownPages > otherPages {
			other = append(other, run{at, k})
			otherPages += k
		} else {
			own = append(own, at)
			ownPages += k
		}
	}
	// Free 35 % of each.
	live := own[:0]
	for _, at := range own {
		if r.below(100) < 35 {
			one[0] = at
			BenchFree(p, uintptr(n), one)
		} else {
			live = append(live, at)
		}
	}
	for _, o := range other {
		if r.below(100) < 35 {
			one[0] = o.at
			BenchFree(p, uintptr(o.n), one)
		}
	}
	if len(live) == 0 {
		t.Fatal("no run of this size fits")
	}

	check := uint32(0)
	batch := len(live) / 4
	if batch > 1024 {
		batch = 1024
	}
	if batch >= 16 {
		rounds := ops / batch
		var frees, allocs []float64
		for i := 0; i < rounds; i++ {
			pick(&r, live, batch)
			t0 := time.Now()
			BenchFree(p, uintptr(n), live[:batch])
			t1 := time.Now()
			if !BenchAlloc(p, uintptr(n), live[:batch]) {
				t.Fatal("a run of pages was not found")
			}
			t2 := time.Now()
			if i >= rounds/3 {
				frees = append(frees, float64(t1.Sub(t0).Nanoseconds())/float64(batch))
				allocs = append(allocs, float64(t2.Sub(t1).Nanoseconds())/float64(batch))
			}
		}
		for _, at := range live {
			check = fold(check, (at-base)/BenchPage)
		}
		c.emit("alloc", middle(allocs), check)
		c.emit("free", middle(frees), check)
	}
	state := uint32(r)
	slice := ops / 20
	var pairs []float64
	for i := 0; i < 20; i++ {
		t0 := time.Now()
		BenchPairs(p, uintptr(n), live, slice, &state)
		if i >= 6 {
			pairs = append(pairs, float64(time.Since(t0).Nanoseconds())/float64(slice))
		}
	}
	for _, at := range live {
		check = fold(check, (at-base)/BenchPage)
	}
	c.emit("pair", middle(pairs), check)
}

func benchPageCache(t *testing.T, c *benchCase) {
	mib, repeats := c.number(t, "mib"), c.number(t, "repeats")
	p, base := emptyPageAlloc(mib / 4)
	defer FreePageAlloc(p)
	total := mib * 128
	out := make([]uintptr, total)
	var times []float64
	check := uint32(0)
	for i := 0; i < repeats+1; i++ {
		t0 := time.Now()
		BenchCachePages(p, total, out)
		elapsed := time.Since(t0)
		if i > 0 {
			times = append(times, float64(elapsed.Nanoseconds())/float64(total))
		}
		for _, at := range out {
			check = fold(check, (at-base)/BenchPage)
		}
		BenchFree(p, uintptr(total), []uintptr{base})
	}
	c.emit("", middle(times), check)
}

func benchSpan(t *testing.T, c *benchCase) {
	manual := c.params["kind"] == "manual"
	holes, batch, rounds := c.number(t, "holes"), c.number(t, "batch"), c.number(t, "rounds")
	r := benchSeed
	// The ground: spans that stay, with random holes between them.
	ground := make([]*MSpan, 32768)
	BenchSpans(manual, ground)
	pick(&r, ground, len(ground)*holes/100)
	BenchSpansFree(manual, ground[:len(ground)*holes/100])
	spans := make([]*MSpan, batch)
	var allocs, frees []float64
	for i := 0; i < rounds; i++ {
		t0 := time.Now()
		BenchSpans(manual, spans)
		t1 := time.Now()
		pick(&r, spans, batch)
		t2 := time.Now()
		BenchSpansFree(manual, spans)
		t3 := time.Now()
		if i >= rounds/3 {
			allocs = append(allocs, float64(t1.Sub(t0).Nanoseconds())/float64(batch))
			frees = append(frees, float64(t3.Sub(t2).Nanoseconds())/float64(batch))
		}
	}
	check := fold(0, uintptr(r))
	c.emit("alloc", middle(allocs), check)
	c.emit("free", middle(frees), check)
	BenchSpansFree(manual, ground[len(ground)*holes/100:])
}
