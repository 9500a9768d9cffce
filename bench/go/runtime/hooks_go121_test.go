//go:build go1.21

package runtime

// What only runtimes since 1.21 have: the scavenger that takes a force flag and counts generations.

// BenchOp is one operation of a recorded page-allocator trace. Pages are counted from the base.
type BenchOp struct {
	Kind byte
	Slot uint8
	N    uintptr
	Page uintptr
}

// BenchNoHugePages makes the scavenger believe that the machine has none.
func BenchNoHugePages() { physHugePageSize = 0 }

// BenchReplay carries out recorded operations and folds every answer into a number. slots must be
// larger than any slot of the trace.
func BenchReplay(p *PageAlloc, ops []BenchOp, base uintptr, slots []PageCache) uint32 {
	pp := (*pageAlloc)(p)
	check := uint32(0)
	systemstack(func() {
		for i := range ops {
			op := &ops[i]
			answer := uintptr(0)
			switch op.Kind {
			case 'a':
				addr, scav := pp.alloc(op.N)
				answer = benchAnswer(addr, scav, base)
			case 'f':
				pp.free(base+op.Page*pageSize, op.N)
			case 'c':
				c := pp.allocToCache()
				answer = benchAnswer(c.base, 0, base)
				slots[op.Slot] = PageCache(c)
			case 'k':
				addr, scav := (*pageCache)(&slots[op.Slot]).alloc(op.N)
				answer = benchAnswer(addr, scav, base)
			case 'u':
				(*pageCache)(&slots[op.Slot]).flush(pp)
			case 's':
				answer = pp.scavenge(op.N, nil, true) / pageSize
			case 'b':
				answer = pp.scavenge(op.N, nil, false) / pageSize
			case 'g':
				pp.scav.index.nextGen()
			}
			check = (check ^ uint32(answer)) * 16777619
		}
	})
	return check
}

// benchAnswer makes one number of a placement: pages from the base plus scavenged pages, all ones
// if there was none.
func benchAnswer(addr, scav, base uintptr) uintptr {
	if addr == 0 {
		return ^uintptr(0)
	}
	return (addr-base)/pageSize + scav/pageSize
}

// BenchScavenge releases at least quantum bytes of the running program's free pages to the system
// and returns how many it released; 0 when there is no more.
func BenchScavenge(quantum uintptr) uintptr {
	return mheap_.pages.scavenge(quantum, nil, true)
}
