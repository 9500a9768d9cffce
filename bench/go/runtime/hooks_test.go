package runtime

// The doors through which the measurements of this folder reach the page allocator. This file joins
// the runtime's own test package in an overlay; it needs what the runtime's export_test.go offers
// (PageAlloc, NewPageAlloc, MSpan).
//
// A whole batch runs on the system stack, where the allocator demands to be, and without the heap
// lock, which nobody else wants here: what is timed is the allocator's own work, not the switching
// of stacks around it. That favours the rival, and is meant to.

// BenchPage is the bytes in a page of the heap.
const BenchPage = pageSize

// BenchAlloc fills out with runs of n pages each; false if one could not be had.
func BenchAlloc(p *PageAlloc, n uintptr, out []uintptr) bool {
	pp := (*pageAlloc)(p)
	ok := true
	systemstack(func() {
		for i := range out {
			out[i], _ = pp.alloc(n)
			if out[i] == 0 {
				ok = false
				return
			}
		}
	})
	return ok
}

// BenchFree frees runs of n pages each.
func BenchFree(p *PageAlloc, n uintptr, runs []uintptr) {
	pp := (*pageAlloc)(p)
	systemstack(func() {
		for i := range runs {
			pp.free(runs[i], n)
		}
	})
}

// BenchPairs frees a random run of those alive and allocates one in its place, count times, drawing
// the victims by xorshift32 from *state.
func BenchPairs(p *PageAlloc, n uintptr, live []uintptr, count int, state *uint32) {
	pp := (*pageAlloc)(p)
	size := uint64(len(live))
	x := *state
	systemstack(func() {
		for i := 0; i < count; i++ {
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			j := uint64(x) * size >> 32
			pp.free(live[j], n)
			live[j], _ = pp.alloc(n)
		}
	})
	*state = x
}

// BenchCachePages takes count single pages through a page cache, refilling it when it is empty.
func BenchCachePages(p *PageAlloc, count int, out []uintptr) {
	pp := (*pageAlloc)(p)
	systemstack(func() {
		var c pageCache
		for i := 0; i < count; i++ {
			if c.empty() {
				c = pp.allocToCache()
			}
			out[i], _ = c.alloc(1)
		}
		if !c.empty() {
			c.flush(pp)
		}
	})
}

// BenchSpanSizeClass is the size class of the spans of BenchSpans: one page of 1024-byte objects.
var BenchSpanSizeClass = uint8(size_to_class8[1024/smallSizeDiv])

// BenchSpans allocates spans of one page from the running program's heap, the refills of its page
// cache included.
func BenchSpans(manual bool, out []*MSpan) {
	class := makeSpanClass(BenchSpanSizeClass, true)
	systemstack(func() {
		for i := range out {
			if manual {
				out[i] = (*MSpan)(mheap_.allocManual(1, spanAllocStack))
			} else {
				out[i] = (*MSpan)(mheap_.allocSpan(1, spanAllocHeap, class))
			}
		}
	})
}

// BenchSpansFree gives spans back.
func BenchSpansFree(manual bool, spans []*MSpan) {
	systemstack(func() {
		for i := range spans {
			if manual {
				mheap_.freeManual((*mspan)(spans[i]), spanAllocStack)
			} else {
				mheap_.freeSpan((*mspan)(spans[i]))
			}
		}
	})
}

// BenchMixedPairs frees the runs that picks tell, one after the other, and allocates one of the wanted
// length in the place of each.
func BenchMixedPairs(p *PageAlloc, held, sizes []uintptr, picks []int32, wanted []uintptr) {
	pp := (*pageAlloc)(p)
	systemstack(func() {
		for k, i := range picks {
			pp.free(held[i], sizes[i])
			held[i], _ = pp.alloc(wanted[k])
			sizes[i] = wanted[k]
		}
	})
}
