//go:build go1.21 && !go1.22

package runtime_test

// Recordings of the real pacer, as `pageheap verify` replays them: what it was told and what it answered, one JSON
// array a line. Half of the scenarios are programs as there may be; the others go to the edges: heaps of nothing and
// of 2^46 bytes, GOGC from 0 to 2^31 − 1, limits near 2^63, more CPU than there is, nothing expected or scanned.
// An infinite number is written 1e999.

import (
	"bufio"
	"fmt"
	"math"
	"math/rand"
	"os"
	. "runtime"
	"strconv"
	"testing"
)

func init() { benchCases["pacer-trace"] = recordPacer }

// farTrigger is where a scenario ends: no heap grows to it.
const farTrigger = 1 << 52

func recordPacer(t *testing.T, c *benchCase) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	seed := c.number(t, "seed")
	fmt.Fprintf(out, "\n[\"hdr\",{\"go\":\"go1.21\",\"seed\":%d}]\n", seed)
	r := rand.New(rand.NewSource(int64(seed)))
	for i := c.number(t, "scenarios"); i > 0; i-- {
		newPacerScenario(out, r, r.Intn(2) == 0).record()
	}
}

type pacerScenario struct {
	out *bufio.Writer
	r   *rand.Rand
	c   *GCController
	// edges: the scenario goes to the edges.
	edges bool
	// bits is the length of the largest heap's size.
	bits  int
	procs int
}

func newPacerScenario(out *bufio.Writer, r *rand.Rand, edges bool) *pacerScenario {
	s := &pacerScenario{out: out, r: r, edges: edges, bits: 32}
	s.procs = s.of(1, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 31, 32, 48, 63, 64)
	if edges {
		s.bits = s.of(12, 20, 26, 32, 36, 40, 46)
	}
	percent, limit := s.percent(), s.limit()
	s.c = NewGCController(percent, limit)
	s.tell("new", percent, limit, s.procs)
	return s
}

// record runs up to 25 cycles.
func (s *pacerScenario) record() {
	for i := 1 + s.r.Intn(25); i > 0; i-- {
		s.around()
		far := s.state() >= farTrigger
		for !far && s.r.Intn(5) == 0 {
			s.set()
			far = s.state() >= farTrigger
		}
		if far {
			s.tell("stop")
			return
		}
		s.cycle()
	}
}

// cycle is one from its trigger to its end.
func (s *pacerScenario) cycle() {
	stack, globals, share := s.size(20), s.size(18), s.r.Float64()
	if s.edges {
		stack, globals = s.size(s.bits), s.size(s.of(0, 10, 20, s.bits))
		if s.r.Intn(3) == 0 {
			share = float64(s.r.Intn(2))
		}
	}
	s.tell("start", stack, globals, share)
	s.c.StartCycle(uint64(stack), uint64(globals), share, s.procs)
	s.mark()
	work := math.Min(1e14, float64(s.c.HeapLive())*share*(0.2+2*s.r.Float64()))
	for i := s.r.Intn(6); i > 0; i-- {
		s.revise(work*s.r.Float64(), float64(stack), float64(globals), share)
		if s.edges && s.r.Intn(12) == 0 {
			if s.r.Intn(2) == 0 {
				s.around()
			} else {
				s.set()
			}
			s.state()
			s.reviseBy(GCControllerReviseDelta{})
		}
	}
	s.end()
}

func (s *pacerScenario) revise(work, stack, globals, share float64) {
	part := func(n float64) int64 { return int64(n * s.r.Float64() / 2) }
	d := GCControllerReviseDelta{HeapScanWork: int64(work), StackScanWork: part(stack), GlobalsScanWork: part(globals)}
	d.HeapLive = int64(work * s.r.Float64() * s.r.Float64())
	d.HeapScan = int64(float64(d.HeapLive) * share)
	if s.edges {
		switch s.r.Intn(6) {
		case 0:
			// Far beyond even the goal that moves on.
			d.HeapLive = int64(math.Min(1<<46, float64(s.c.HeapGoal())*3*s.r.Float64()))
		case 1:
			d.HeapScanWork = s.size(s.bits)
		case 2:
			d.HeapLive = s.size(s.bits)
		case 3:
			d.HeapScan = s.size(s.bits)
		case 4:
			d = GCControllerReviseDelta{HeapLive: d.HeapLive}
		}
	}
	s.reviseBy(d)
}

func (s *pacerScenario) reviseBy(d GCControllerReviseDelta) {
	s.tell("revise", d.HeapLive, d.HeapScan, d.HeapScanWork, d.StackScanWork, d.GlobalsScanWork)
	s.c.Revise(d)
	s.mark()
}

func (s *pacerScenario) end() {
	elapsed := 1 + s.size(36)
	cpu := float64(elapsed) * float64(s.procs)
	part := func(most float64) int64 { return int64(cpu * most * s.r.Float64() * s.r.Float64()) }
	assist, idle := part(0.75), part(0.5)
	live := float64(s.c.HeapLive())
	marked := int64(live * (0.2 + 0.8*s.r.Float64()))
	if s.edges {
		switch s.r.Intn(8) {
		case 0:
			assist = int64(cpu * 0.75)
		case 1:
			assist = part(2)
		case 2:
			elapsed = 0
		case 3:
			marked = s.size(s.bits)
		case 4:
			marked = int64(live)
		case 5:
			marked = 0
		case 6:
			elapsed, assist, idle = s.size(46), s.size(46), s.size(46)
		case 7:
			idle = 0
		}
	}
	s.tell("end", marked, assist, part(0.25), part(0.1), idle, elapsed)
	BenchEndCycle(s.c, uint64(marked), assist, idle, elapsed, s.procs)
	s.state()
}

// around sets what a limit looks at: as much as is allocated, what is free, and the rest.
func (s *pacerScenario) around() {
	live, free, rest, freed := int64(s.c.HeapLive()), s.size(s.bits), s.size(26), s.size(s.bits+2)
	if s.edges {
		rest = s.size(s.bits)
		if s.r.Intn(4) == 0 {
			live = s.size(s.bits)
		}
	}
	mapped, allocated := live+free+rest, live+freed
	s.tell("around", mapped, free, allocated, freed)
	BenchSetAround(s.c, uint64(mapped), uint64(free), uint64(allocated), uint64(freed))
}

// set sets GOGC or the limit.
func (s *pacerScenario) set() {
	if s.r.Intn(2) == 0 {
		percent := s.percent()
		s.tell("percent", percent)
		BenchSetGoals(s.c, int32(percent), -1)
	} else {
		limit := s.limit()
		s.tell("limit", limit)
		BenchSetGoals(s.c, -2, limit)
	}
}

// state tells what the pacer answers, and answers the trigger. With the trigger the goal is told once more.
func (s *pacerScenario) state() uint64 {
	a := BenchAskPacer(s.c)
	percentGoal := any(a.PercentGoal)
	if a.PercentGoal == math.MaxUint64 {
		percentGoal = nil
	}
	s.tell("state", []any{a.Goal, a.Trigger, a.TriggerGoal, a.Runway, a.ConsMark, percentGoal,
		a.Marked, a.Live, a.Scan, a.LastHeapScan, a.LastStackScan, a.LeastHeap})
	return a.Trigger
}

func (s *pacerScenario) mark() {
	workers, share := BenchPacerWorkers(s.c)
	work, bytes := BenchPacerCharge(s.c)
	s.tell("mark", []any{s.c.Triggered(), workers, share, work, bytes})
}

func (s *pacerScenario) percent() int {
	if s.edges && s.r.Intn(3) == 0 {
		return s.of(0, 1, 2, 99, 10_000, 100_000, 3_000_000, math.MaxInt32)
	}
	return s.of(-1, 0, 1, 5, 25, 50, 100, 100, 100, 200, 400, 1000, 1500, 10_000)
}

func (s *pacerScenario) limit() int64 {
	switch s.r.Intn(6) {
	case 0, 1, 2:
		return math.MaxInt64
	case 3:
		if s.edges {
			return 1 << (53 + s.r.Intn(9))
		}
		return s.size(s.bits + 1)
	default:
		return 1<<(1+s.r.Intn(s.bits)) + s.size(s.bits)
	}
}

// size is a number of any length up to so many bits.
func (s *pacerScenario) size(bits int) int64 {
	return s.r.Int63n(int64(1) << s.r.Intn(bits+1))
}

func (s *pacerScenario) of(choices ...int) int { return choices[s.r.Intn(len(choices))] }

// tell writes a line; encoding/json knows no infinite numbers.
func (s *pacerScenario) tell(op string, values ...any) {
	fmt.Fprintf(s.out, "[%q", op)
	for _, v := range values {
		s.out.WriteByte(',')
		s.write(v)
	}
	s.out.WriteString("]\n")
}

func (s *pacerScenario) write(v any) {
	switch v := v.(type) {
	case nil:
		s.out.WriteString("null")
	case []any:
		s.out.WriteByte('[')
		for i, v := range v {
			if i > 0 {
				s.out.WriteByte(',')
			}
			s.write(v)
		}
		s.out.WriteByte(']')
	case float64:
		if math.IsInf(v, 0) {
			fmt.Fprintf(s.out, "%ve999", math.Copysign(1, v))
			return
		}
		s.out.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	default:
		fmt.Fprint(s.out, v)
	}
}
