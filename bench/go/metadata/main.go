// Program metadata builds a heap of live objects of mixed sizes without pointers and prints what the
// Go runtime spends on its own bookkeeping for it: MSpanSys + GCSys + OtherSys.
//
//	metadata objects=1000000
package main

import (
	"os"
	"runtime"

	"pageheap-bench/workload"
)

func main() {
	runtime.GOMAXPROCS(1)
	p := workload.Parse(os.Args[1:])
	n := p.Int("objects")
	r := workload.Seed
	table := make([][]byte, 0, n)
	for i := 0; i < n; i++ {
		table = append(table, make([]byte, mixedSize(&r)))
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	workload.Emit("metadata", p, map[string]interface{}{
		"bytes":       m.MSpanSys + m.GCSys + m.OtherSys,
		"mspanSys":    m.MSpanSys,
		"gcSys":       m.GCSys,
		"otherSys":    m.OtherSys,
		"heapSys":     m.HeapSys,
		"heapInuse":   m.HeapInuse,
		"heapObjects": m.HeapObjects,
	})
	runtime.KeepAlive(table)
}

// mixedSize draws a size: mostly small, a few large.
func mixedSize(r *workload.Random) int {
	x := r.Below(1000)
	switch {
	case x < 800:
		return 16 + int(r.Below(113))
	case x < 950:
		return 128 + int(r.Below(897))
	case x < 990:
		return 1024 + int(r.Below(7169))
	case x < 998:
		return 8192 + int(r.Below(24577))
	default:
		return 32768 + int(r.Below(32769))
	}
}
