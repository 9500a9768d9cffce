// Program mark measures a whole collection of the Go runtime, runtime.GC(), over a graph of 64-byte objects.
//
//	mark graph=tree objects=1000000 repeats=7
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"pageheap-bench/workload"
)

type object struct {
	left, right *object
	rest        [6]float64
}

// tree is binary, each half as large as the other, allocated depth first.
func tree(n int) *object {
	if n == 0 {
		return nil
	}
	top := &object{}
	half := (n - 1) / 2
	top.left = tree(half)
	top.right = tree(n - 1 - half)
	return top
}

// random is n objects that each point to two others at random; all are in one slice.
func random(n int) []*object {
	all := make([]*object, n)
	for i := range all {
		all[i] = &object{}
	}
	seed := workload.Random(1)
	next := func() *object { return all[int(seed.Next())%n] }
	for _, one := range all {
		one.left = next()
		one.right = next()
	}
	return all
}

// cpu is the CPU time that the process has had, in nanoseconds.
func cpu() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func main() {
	runtime.GOMAXPROCS(1)
	p := workload.Parse(os.Args[1:])
	objects, repeats := p.Int("objects"), p.Int("repeats")
	debug.SetGCPercent(-1)
	var top *object
	var all []*object
	switch p.Text("graph") {
	case "tree":
		top = tree(objects)
	case "random":
		all = random(objects)
	default:
		workload.Fail("graph must be tree or random")
	}
	runtime.GC()
	wall, used := make([]float64, repeats), make([]float64, repeats)
	for i := range wall {
		start, before := time.Now(), cpu()
		runtime.GC()
		wall[i] = float64(time.Since(start).Nanoseconds()) / float64(objects)
		used[i] = float64(cpu()-before) / float64(objects)
	}
	runtime.KeepAlive(top)
	runtime.KeepAlive(all)
	for what, times := range map[string][]float64{"wall": wall, "cpu": used} {
		params := workload.Params{"what": what}
		for key, value := range p {
			params[key] = value
		}
		workload.Emit("mark", params, map[string]interface{}{"ns": workload.Median(times)})
	}
}
