// Program malloc measures the allocation of small objects without pointers by the Go runtime: every
// object is zeroed, replaces one of a fixed number of live objects, and the collector runs as it
// pleases (GOGC=100, GOMAXPROCS=1), its time included.
//
//	malloc size=16 live=65536 order=ring ops=2000000 repeats=7
package main

import (
	"math/bits"
	"os"
	"runtime"
	"time"

	"pageheap-bench/workload"
)

// step replaces n objects of a table. The types differ so that the compiler knows each size, as it
// does in a real program.
type step func(n int, random bool, r *workload.Random)

func ring[T any](live int) step {
	table := make([]*T, live)
	mask := live - 1
	shift := uint32(live)
	at := 0
	return func(n int, random bool, r *workload.Random) {
		if random {
			for i := 0; i < n; i++ {
				table[r.Below(shift)] = new(T)
			}
			return
		}
		k := at
		for i := 0; i < n; i++ {
			table[k&mask] = new(T)
			k++
		}
		at = k
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	p := workload.Parse(os.Args[1:])
	live, ops, repeats := p.Int("live"), p.Int("ops"), p.Int("repeats")
	random := p.Text("order") == "random"
	if bits.OnesCount(uint(live)) != 1 {
		workload.Fail("live must be a power of two")
	}
	var work step
	switch p.Int("size") {
	case 8:
		work = ring[[8]byte](live)
	case 16:
		work = ring[[16]byte](live)
	case 64:
		work = ring[[64]byte](live)
	case 256:
		work = ring[[256]byte](live)
	case 1024:
		work = ring[[1024]byte](live)
	default:
		workload.Fail("size must be 8, 16, 64, 256 or 1024")
	}
	r := workload.Seed
	work(live, false, &r)
	work(ops, random, &r)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	times := make([]float64, repeats)
	for i := range times {
		start := time.Now()
		work(ops, random, &r)
		times[i] = float64(time.Since(start).Nanoseconds()) / float64(ops)
	}
	runtime.ReadMemStats(&after)
	workload.Emit("malloc", p, map[string]interface{}{
		"ns":          workload.Median(times),
		"collections": after.NumGC - before.NumGC,
	})
}
