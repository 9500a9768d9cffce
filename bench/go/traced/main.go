// Program traced measures the allocation of small objects that the collector finds dead by itself: each new object takes
// the place of the oldest in a ring, and points to one that always lives, but for those below 16 bytes, which hold no
// pointer (GOGC=100, GOMAXPROCS=1, collections included).
//
//	traced size=16 live=65536 marking=stop-the-world ops=1000000 repeats=7
//
// Go marks in its own way, whatever marking says.
package main

import (
	"math/bits"
	"os"
	"runtime"
	"time"

	"pageheap-bench/workload"
)

type node[T any] struct {
	to   *byte
	rest T
}

// step replaces n objects of a ring. The types differ so that the compiler knows each size.
type step func(n int)

func plain[T any](live int) step {
	table := make([]*T, live)
	mask := live - 1
	at := 0
	return func(n int) {
		k := at
		for i := 0; i < n; i++ {
			table[k&mask] = new(T)
			k++
		}
		at = k
	}
}

func nodes[T any](live int) step {
	table := make([]*node[T], live)
	target := new(byte)
	mask := live - 1
	at := 0
	return func(n int) {
		k := at
		for i := 0; i < n; i++ {
			p := new(node[T])
			p.to = target
			table[k&mask] = p
			k++
		}
		at = k
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	p := workload.Parse(os.Args[1:])
	live, ops, repeats := p.Int("live"), p.Int("ops"), p.Int("repeats")
	if bits.OnesCount(uint(live)) != 1 {
		workload.Fail("live must be a power of two")
	}
	var work step
	switch p.Int("size") {
	case 8:
		work = plain[[8]byte](live)
	case 16:
		work = nodes[[8]byte](live)
	case 64:
		work = nodes[[56]byte](live)
	case 256:
		work = nodes[[248]byte](live)
	case 1024:
		work = nodes[[1016]byte](live)
	default:
		workload.Fail("size must be 8, 16, 64, 256 or 1024")
	}
	work(live)
	work(ops)
	work(ops)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	times := make([]float64, repeats)
	for i := range times {
		start := time.Now()
		work(ops)
		times[i] = float64(time.Since(start).Nanoseconds()) / float64(ops)
	}
	runtime.ReadMemStats(&after)
	workload.Emit("traced", p, map[string]interface{}{
		"ns":          workload.Median(times),
		"collections": after.NumGC - before.NumGC,
	})
}
