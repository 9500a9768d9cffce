//go:build go1.21 && !go1.22

package runtime

import "unsafe"

// What the recordings of malloc reach in the runtime: 1.21's alone, since its placements are what is recorded.
//
// While allocations are recorded the world is stopped: nothing else allocates, frees or scavenges. All runs on the system
// stack, so that no goroutine's stack grows into the heap, and what is noted down lies outside of the heap.

// BenchMallocOp is one allocation: what was wanted, and what it got.
type BenchMallocOp struct {
	Size              uintptr
	Scan              bool
	At, SpanBase      uintptr
	SpanPages, Object uintptr
	Class             uint8
}

// BenchSpan is a span in use. Its bits lie in those of the heap: which objects are allocated, and of one that is not
// swept which are marked.
type BenchSpan struct {
	Base, Pages                    uintptr
	Class, State, NeedZero         uint8
	Objects, FreeIndex, AllocCount uintptr
	AllocCache                     uint64
	Bits, Marks, MarksEnd          int
}

// BenchSet is a span in a set; those of a set stand in the order in which they are taken.
type BenchSet struct {
	Class         uint8
	Full, Unswept bool
	Base          uintptr
}

// BenchHeap is the state of the heap. The slices have room when it is asked for.
type BenchHeap struct {
	CurBase, CurEnd           uintptr
	CacheBase                 uintptr
	CacheFree, CacheScavenged uint64
	Search, Tiny, TinyOffset  uintptr
	Cached                    [numSpanClasses]uintptr
	Ranges                    [][2]uintptr
	Chunks                    [][pallocChunkPages / 64]uint64
	Spans                     []BenchSpan
	Bits                      []byte
	Sets                      []BenchSet
	// Unswept spans, and what found no room.
	Unswept, Lost int
	// Pages swept since the last collection, of spans that are gone, too.
	PagesSwept uint64
}

// BenchSizes are the sizes of the classes.
func BenchSizes() []uint16 { return class_to_size[1:] }

// BenchOutside is memory outside of the heap.
func BenchOutside(n uintptr) unsafe.Pointer { return sysAlloc(n, &memstats.other_sys) }

// BenchSpanCount is how many spans there ever were.
func BenchSpanCount() int { return len(mheap_.allspans) }

// BenchMalloc allocates; an object to be scanned consists of pointers.
func BenchMalloc(size uintptr, scan bool) unsafe.Pointer {
	var pointer any = (*unsafe.Pointer)(nil)
	if !scan {
		return mallocgc(size, nil, true)
	}
	return mallocgc(size, (*ptrtype)(unsafe.Pointer(efaceOf(&pointer)._type)).Elem, true)
}

// BenchLook looks at the heap with the world stopped.
func BenchLook(h *BenchHeap) {
	stopTheWorld(stwUnknown)
	systemstack(func() { benchLook(h) })
	startTheWorld()
}

// BenchRecord looks at the heap, allocates, and looks again. What is not swept is to be swept within so many bytes; 0: by
// who needs it.
func BenchRecord(before, after *BenchHeap, ops []BenchMallocOp, sweepWithin uint64) {
	stopTheWorld(stwUnknown)
	systemstack(func() {
		mheap_.sweepPagesPerByte = 0
		if sweepWithin > 0 {
			gcPaceSweeper(gcController.heapLive.Load() + sweepWithin)
		}
		benchLook(before)
		for i := range ops {
			op := &ops[i]
			op.At = uintptr(BenchMalloc(op.Size, op.Scan))
			if s := spanOf(op.At); s != nil {
				op.SpanBase, op.SpanPages, op.Object, op.Class = s.startAddr, s.npages, s.elemsize, uint8(s.spanclass)
			}
		}
		benchLook(after)
	})
	startTheWorld()
}

func benchLook(h *BenchHeap) {
	pp := getg().m.p.ptr()
	h.CurBase, h.CurEnd = mheap_.curArena.base, mheap_.curArena.end
	h.CacheBase, h.CacheFree, h.CacheScavenged = pp.pcache.base, pp.pcache.cache, pp.pcache.scav
	h.Search = mheap_.pages.searchAddr.addr()
	h.Tiny, h.TinyOffset = pp.mcache.tiny, pp.mcache.tinyoffset
	for i, s := range pp.mcache.alloc {
		h.Cached[i] = 0
		if s != &emptymspan {
			h.Cached[i] = s.startAddr
		}
	}
	h.Ranges, h.Chunks, h.Spans, h.Bits, h.Sets = h.Ranges[:0], h.Chunks[:0], h.Spans[:0], h.Bits[:0], h.Sets[:0]
	h.Unswept, h.Lost, h.PagesSwept = 0, 0, mheap_.pagesSwept.Load()
	for _, r := range mheap_.pages.inUse.ranges {
		from, to := r.base.addr(), r.limit.addr()
		if len(h.Ranges) == cap(h.Ranges) {
			h.Lost++
			return
		}
		h.Ranges = append(h.Ranges, [2]uintptr{from, to})
		for at := from; at < to; at += pallocChunkBytes {
			if len(h.Chunks) == cap(h.Chunks) {
				h.Lost++
				return
			}
			h.Chunks = append(h.Chunks, mheap_.pages.chunkOf(chunkIndex(at)).pallocBits)
		}
	}
	for _, s := range mheap_.allspans {
		if state := s.state.get(); state == mSpanInUse || state == mSpanManual {
			benchSpan(h, s, uint8(state))
		}
	}
	for class := range mheap_.central {
		central := &mheap_.central[class].mcentral
		gen := mheap_.sweepgen
		benchSet(h, central.partialSwept(gen), BenchSet{Class: uint8(class)})
		benchSet(h, central.fullSwept(gen), BenchSet{Class: uint8(class), Full: true})
		benchSet(h, central.partialUnswept(gen), BenchSet{Class: uint8(class), Unswept: true})
		benchSet(h, central.fullUnswept(gen), BenchSet{Class: uint8(class), Full: true, Unswept: true})
	}
}

func benchSpan(h *BenchHeap, s *mspan, state uint8) {
	bits, marks := int(s.nelems+7)/8, 0
	if state == uint8(mSpanManual) {
		bits = 0
	} else if s.sweepgen == mheap_.sweepgen-2 {
		marks = bits
		h.Unswept++
	}
	at := len(h.Bits)
	if len(h.Spans) == cap(h.Spans) || at+bits+marks > cap(h.Bits) {
		h.Lost++
		return
	}
	for i := 0; i < bits; i++ {
		h.Bits = append(h.Bits, *s.allocBits.bytep(uintptr(i)))
	}
	for i := 0; i < marks; i++ {
		h.Bits = append(h.Bits, *s.gcmarkBits.bytep(uintptr(i)))
	}
	h.Spans = append(h.Spans, BenchSpan{
		Base: s.startAddr, Pages: s.npages, Class: uint8(s.spanclass), State: state, NeedZero: s.needzero,
		Objects: s.nelems, FreeIndex: s.freeindex, AllocCount: uintptr(s.allocCount), AllocCache: s.allocCache,
		Bits: at, Marks: at + bits, MarksEnd: at + bits + marks,
	})
}

func benchSet(h *BenchHeap, set *spanSet, as BenchSet) {
	for first, end := set.index.load().split(); first < end; first++ {
		block := set.spine.Load().lookup(uintptr(first) / spanSetBlockEntries).Load()
		if len(h.Sets) == cap(h.Sets) {
			h.Lost++
			return
		}
		as.Base = block.spans[first%spanSetBlockEntries].Load().startAddr
		h.Sets = append(h.Sets, as)
	}
}

// BenchMark is a collection up to the end of marking. The goroutine that sweeps in the background sleeps, and is not woken.
func BenchMark() {
	for slept := false; !slept; Gosched() {
		lock(&sweep.lock)
		slept, sweep.parked = sweep.parked, false
		unlock(&sweep.lock)
	}
	n := work.cycles.Load()
	gcStart(gcTrigger{kind: gcTriggerCycle, n: n + 1})
	gcWaitOnMark(n + 1)
}
