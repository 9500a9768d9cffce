package runtime_test

// A random free and allocation among so many holes: bench/free-spans.ts does the same with each of its
// page heaps, and takes what this comes to as the measure of the machine.

import (
	. "runtime"
	"testing"
	"time"
)

func init() { benchCases["holes"] = benchHoles }

func benchHoles(t *testing.T, c *benchCase) {
	holes, pairs, rounds := c.number(t, "holes"), c.number(t, "pairs"), c.number(t, "rounds")
	least, most := c.number(t, "least"), c.number(t, "most")
	r := benchSeed
	size := func() uintptr { return uintptr(least + r.below(most-least+1)) }
	p, _ := emptyPageAlloc((holes*2*most + 511) / 512)
	defer FreePageAlloc(p)
	one := make([]uintptr, 1)
	take := func(n uintptr) uintptr {
		if !BenchAlloc(p, n, one) {
			t.Fatal("the heap is full too early")
		}
		return one[0]
	}
	held, sizes := make([]uintptr, holes), make([]uintptr, holes)
	freed, lengths := make([]uintptr, holes), make([]uintptr, holes)
	for i := range held {
		sizes[i] = size()
		held[i] = take(sizes[i])
		lengths[i] = size()
		freed[i] = take(lengths[i])
	}
	for i := range freed {
		one[0] = freed[i]
		BenchFree(p, lengths[i], one)
	}
	picks, wanted := make([]int32, pairs), make([]uintptr, pairs)
	var times []float64
	for round := 0; round < rounds; round++ {
		for i := range picks {
			picks[i] = int32(r.below(holes))
			wanted[i] = size()
		}
		t0 := time.Now()
		BenchMixedPairs(p, held, sizes, picks, wanted)
		times = append(times, float64(time.Since(t0).Nanoseconds())/float64(pairs))
	}
	c.emit("", middle(times), 0)
}
