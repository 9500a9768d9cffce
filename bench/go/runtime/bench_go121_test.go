//go:build go1.21

package runtime_test

// Measurements that need a runtime of 1.21 or later: the recorded traces of the page allocator and
// the scavenger in quanta.

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	. "runtime"
	"strings"
	"testing"
	"time"
)

func init() {
	benchCases["radix-trace"] = benchRadixTrace
	benchCases["scavenge"] = benchScavenge
}

func benchRadixTrace(t *testing.T, c *benchCase) {
	file, err := os.Open(c.params["file"])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(make([]byte, 1<<20), 1<<26)

	alloc, scav := map[ChunkIdx][]BitRange{}, map[ChunkIdx][]BitRange{}
	var ops []BenchOp
	slots, expected := 0, uint32(0)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "[") {
			if strings.Contains(lines.Text(), `"physHugePageSize":0`) {
				BenchNoHugePages()
			}
			continue
		}
		var row []interface{}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		kind := row[0].(string)
		number := func(i int) uintptr { return uintptr(row[i].(float64)) }
		op := BenchOp{Kind: kind[0]}
		answer := uintptr(0)
		switch kind {
		case "i":
			chunk := BaseChunkIdx + ChunkIdx(number(1))
			alloc[chunk], scav[chunk] = bitRanges(row[2]), bitRanges(row[3])
			continue
		case "h", "n":
			continue
		case "a", "s", "b":
			op.N = number(1)
			if kind != "a" {
				answer = number(2) / BenchPage
			} else {
				answer = recorded(row[2], row[3])
			}
		case "f":
			op.Page, op.N = number(1), number(2)
		case "c":
			op.Slot = uint8(number(1))
			answer = recorded(row[2], 0.0)
		case "u":
			op.Slot = uint8(number(1))
		case "k":
			op.Slot, op.N = uint8(number(1)), number(2)
			answer = recorded(row[3], row[4])
		case "g":
		default:
			t.Fatalf("unknown operation %s", kind)
		}
		if int(op.Slot) >= slots {
			slots = int(op.Slot) + 1
		}
		expected = fold(expected, answer)
		ops = append(ops, op)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}

	var times []float64
	check := uint32(0)
	repeats := c.number(t, "repeats")
	for i := 0; i < repeats+1; i++ {
		p := NewPageAlloc(alloc, scav)
		caches := make([]PageCache, slots)
		GC()
		t0 := time.Now()
		check = BenchReplay(p, ops, PageBase(BaseChunkIdx, 0), caches)
		elapsed := time.Since(t0)
		FreePageAlloc(p)
		if check != expected {
			t.Fatalf("the answers differ from the recorded ones: %x, expected %x", check, expected)
		}
		if i > 0 {
			times = append(times, float64(elapsed.Nanoseconds())/float64(len(ops)))
		}
	}
	delete(c.params, "file")
	c.emit("", middle(times), check)
}

// recorded is benchAnswer for a placement as the trace writes it: a page or −1, and bytes.
func recorded(page, scavenged interface{}) uintptr {
	if page.(float64) < 0 {
		return ^uintptr(0)
	}
	return uintptr(page.(float64)) + uintptr(scavenged.(float64))/BenchPage
}

func bitRanges(v interface{}) []BitRange {
	out := []BitRange{}
	for _, pair := range v.([]interface{}) {
		ab := pair.([]interface{})
		out = append(out, BitRange{I: uint(ab[0].(float64)), N: uint(ab[1].(float64))})
	}
	return out
}

// benchScavenge touches a heap of blocks of one quantum each, drops every second and releases what
// that freed, so much at a time: holes of a whole huge page would be released whole.
func benchScavenge(t *testing.T, c *benchCase) {
	quantum, mib, repeats := uintptr(c.number(t, "quantum")), c.number(t, "mib"), c.number(t, "repeats")
	asked := quantum
	if words := c.params["asked"]; words == "all" {
		asked = ^uintptr(0)
	} else if words != "" {
		asked = uintptr(c.number(t, "asked"))
	}
	var times []float64
	for i := 0; i < repeats+1; i++ {
		blocks := make([][]byte, (mib<<20)/int(quantum))
		for j := range blocks {
			blocks[j] = make([]byte, quantum)
			for at := 0; at < len(blocks[j]); at += 4096 {
				blocks[j][at] = 1
			}
		}
		for BenchScavenge(quantum) != 0 {
			// What was free before does not belong to the measurement.
		}
		for j := 0; j < len(blocks); j += 2 {
			blocks[j] = nil
		}
		GC()
		GC()
		target := uintptr(mib) << 19
		released := uintptr(0)
		t0 := time.Now()
		for released < target {
			r := BenchScavenge(asked)
			if r == 0 {
				break
			}
			released += r
		}
		elapsed := time.Since(t0)
		KeepAlive(blocks)
		if released < target/2 {
			t.Fatalf("only %d bytes were released", released)
		}
		if i > 0 {
			times = append(times, float64(elapsed.Nanoseconds())*float64(quantum)/float64(released))
		}
	}
	c.emit("", middle(times), 0)
}
