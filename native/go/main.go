// The replayer in Go: the operations of a trace on the Go runtime's own heap.
//
// Records come on descriptor 0, answers go to descriptor 3, as of the native replayer (../replayer.c); both
// belong to lib/lab/contenders/wire.ts. An allocation is a byte slice whose first byte a table points to, a free clears
// that row; what dies and when is found out by the collector. Every slice is zero, which is calloc's way; an alignment is
// that of a larger slice's size class.
//
//   - The table of pointers must be the heap's own, or nothing would live: eight bytes an object, told as `table`. The
//     sizes lie beside it in mapped memory, told as `own`.
//   - A realloc stays in place where the record says so: where the new size falls into the same size class, which the
//     sender knows. Else a new slice is made, filled and put in place of the old one.
//   - Each thread of the trace is a goroutine; one works, and hands on to the one that the next record names.
//   - An answer has what MemStats say, and what of the arenas is resident by mincore.
package main

import (
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// As in lib/lab/contenders/wire.ts.
const (
	opAllocate = iota + 1
	opFree
	opResize
	opTouch
	opTouchFrom
	opTouchEvery
	opCollect
	opGiveBack
	opAnswer
	opEnd
	opAlign
)

const (
	touchAll = 1 << iota
	touchPages
	zeroed
	inPlace
)

type record struct {
	op, flags uint8
	thread    uint16
	slot      uint32
	bytes     uint64
}

const (
	recordBytes = 16
	mostRecords = 4096
	chunkRows   = 8192
	answers     = 3
	pattern     = 0xa5
	// Where arenas begin on 64-bit systems, and how long one is.
	arenaStart = 0xc000000000
	arenaBytes = 64 << 20
	prctlDeath = 1
)

type chunk [chunkRows]unsafe.Pointer

// Of whoever works just now.
var (
	table       []*chunk
	sizes       []uint64
	sizesMapped []byte
	buffer      [mostRecords * recordBytes]byte
	filled      int
	at          int
	fromBytes   uint64
	// What the next allocation takes, for the sake of an alignment; 0 for its size.
	room        uint64
	operations  uint64
	busy        time.Duration
	busySince   time.Time
	turns       = map[uint16]chan struct{}{}
	pageBytes   = uintptr(os.Getpagesize())
	resident    = make([]byte, arenaBytes/os.Getpagesize())
	stats       runtime.MemStats
	line        = make([]byte, 0, 2048)
	// What an object without a byte points to.
	nothing byte
)

func send(text []byte) {
	for len(text) > 0 {
		n, err := syscall.Write(answers, text)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			os.Exit(1)
		}
		text = text[n:]
	}
}

func fail(what string, bytes uint64) {
	send([]byte(`{"failed":"` + what + `","bytes":` + strconv.FormatUint(bytes, 10) +
		`,"op":` + strconv.FormatUint(operations, 10) + "}\n"))
	os.Exit(1)
}

// A row for every slot up to this one.
func reach(slot uint32) {
	for int(slot) >= len(table)*chunkRows {
		table = append(table, new(chunk))
	}
	if int(slot) < len(sizes) {
		return
	}
	rows := 2*len(sizes) + chunkRows
	for rows <= int(slot) {
		rows *= 2
	}
	mapped, err := syscall.Mmap(-1, 0, rows*8, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_POPULATE)
	if err != nil {
		fail("table", uint64(rows*8))
	}
	grown := unsafe.Slice((*uint64)(unsafe.Pointer(&mapped[0])), rows)
	copy(grown, sizes)
	if sizesMapped != nil {
		syscall.Munmap(sizesMapped)
	}
	sizes, sizesMapped = grown, mapped
}

func bytesOf(p unsafe.Pointer, n uint64) []byte {
	return unsafe.Slice((*byte)(p), n)
}

func fill(b []byte) {
	const short = 64
	if len(b) <= short {
		for i := range b {
			b[i] = pattern
		}
		return
	}
	for i := 0; i < short; i++ {
		b[i] = pattern
	}
	for n := short; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

func touch(p unsafe.Pointer, from, end uint64, flags uint8) {
	if from >= end {
		return
	}
	if flags&touchAll != 0 {
		fill(bytesOf(p, end)[from:])
	} else if flags&touchPages != 0 {
		b := bytesOf(p, end)
		for i := from; i < end; {
			b[i] = pattern
			i += uint64(pageBytes - (uintptr(p)+uintptr(i))%pageBytes)
		}
	}
}

func made(n uint64) unsafe.Pointer {
	defer func() {
		if recover() != nil {
			fail("memory", n)
		}
	}()
	b := make([]byte, n)
	if n == 0 {
		return unsafe.Pointer(&nothing)
	}
	return unsafe.Pointer(&b[0])
}

func carryOut(r *record) {
	switch r.op {
	case opAllocate:
		reach(r.slot)
		if room < r.bytes {
			room = r.bytes
		}
		p := made(room)
		room = 0
		table[r.slot/chunkRows][r.slot%chunkRows] = p
		sizes[r.slot] = r.bytes
		touch(p, 0, r.bytes, r.flags)
	case opFree:
		table[r.slot/chunkRows][r.slot%chunkRows] = nil
	case opResize:
		row := &table[r.slot/chunkRows][r.slot%chunkRows]
		old := sizes[r.slot]
		if r.flags&inPlace == 0 {
			p := made(r.bytes)
			kept := old
			if r.bytes < kept {
				kept = r.bytes
			}
			if kept > 0 {
				copy(bytesOf(p, kept), bytesOf(*row, kept))
			}
			*row = p
		}
		touch(*row, old, r.bytes, r.flags)
		sizes[r.slot] = r.bytes
	case opAlign:
		room = r.bytes
	case opTouchFrom:
		fromBytes = r.bytes
	case opTouch:
		touch(table[r.slot/chunkRows][r.slot%chunkRows], fromBytes, fromBytes+r.bytes, r.flags)
		fromBytes = 0
	case opTouchEvery:
		if n := sizes[r.slot]; n > 0 {
			b := bytesOf(table[r.slot/chunkRows][r.slot%chunkRows], n)
			for i := uint64(0); i < n; i += r.bytes {
				b[i] = pattern
			}
			b[n-1] = pattern
		}
	case opCollect:
		runtime.GC()
	case opGiveBack:
		debug.FreeOSMemory()
	}
	operations++
}

// Whether there is another record: buffer[at:] begins with it.
func more() bool {
	if at < filled {
		return true
	}
	busy += time.Since(busySince)
	filled, at = 0, 0
	for {
		n, err := syscall.Read(0, buffer[filled:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return false
		}
		filled += n
		if filled%recordBytes == 0 {
			break
		}
	}
	busySince = time.Now()
	return true
}

// Bytes of the arenas that are resident; -1 where arenas lie elsewhere or mincore is forbidden.
func arenasResident() int64 {
	var sum int64
	for start := uintptr(arenaStart); ; start += arenaBytes {
		_, _, errno := syscall.Syscall(syscall.SYS_MINCORE, start, arenaBytes, uintptr(unsafe.Pointer(&resident[0])))
		if errno == syscall.ENOMEM && start > arenaStart {
			return sum * int64(pageBytes)
		}
		if errno != 0 {
			return -1
		}
		for _, b := range resident {
			sum += int64(b & 1)
		}
	}
}

func field(name string, value uint64) {
	line = append(append(append(line, ',', '"'), name...), '"', ':')
	line = strconv.AppendUint(line, value, 10)
}

func reply() {
	working := busy + time.Since(busySince)
	runtime.ReadMemStats(&stats)
	line = append(line[:0], `{"op":`...)
	line = strconv.AppendUint(line, operations, 10)
	field("busyNs", uint64(working))
	field("own", uint64(len(sizesMapped)))
	field("table", uint64(len(table)*chunkRows*8))
	field("sys", stats.Sys)
	field("heapSys", stats.HeapSys)
	field("heapInuse", stats.HeapInuse)
	field("heapIdle", stats.HeapIdle)
	field("heapReleased", stats.HeapReleased)
	field("heapAlloc", stats.HeapAlloc)
	field("nextGC", stats.NextGC)
	field("numGC", uint64(stats.NumGC))
	field("numForcedGC", uint64(stats.NumForcedGC))
	field("pauseTotalNs", stats.PauseTotalNs)
	field("stackSys", stats.StackSys)
	field("mspanSys", stats.MSpanSys)
	field("mcacheSys", stats.MCacheSys)
	field("gcSys", stats.GCSys)
	field("otherSys", stats.OtherSys)
	line = append(line, `,"resident":`...)
	line = strconv.AppendInt(line, arenasResident(), 10)
	line = append(line, '}', '\n')
	send(line)
}

func work(self uint16) {
	for more() {
		r := (*record)(unsafe.Pointer(&buffer[at]))
		switch {
		case r.op == opEnd:
			os.Exit(0)
		case r.op == opAnswer:
			at += recordBytes
			reply()
		case r.thread != self:
			handOn(r.thread)
			<-turns[self]
		default:
			at += recordBytes
			carryOut(r)
		}
	}
	os.Exit(0)
}

func handOn(to uint16) {
	turn, started := turns[to]
	if !started {
		turn = make(chan struct{})
		turns[to] = turn
		go func() {
			<-turn
			work(to)
		}()
	}
	turn <- struct{}{}
}

func main() {
	syscall.RawSyscall(syscall.SYS_PRCTL, prctlDeath, uintptr(syscall.SIGKILL), 0)
	// A terminal sends these to all that it runs; the starter ends this process.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP)
	turns[0] = make(chan struct{})
	send([]byte(`{"allocator":"go","version":"` + runtime.Version() + `","library":"","ranges":` +
		strconv.FormatBool(arenasResident() >= 0) + "}\n"))
	busySince = time.Now()
	work(0)
}
