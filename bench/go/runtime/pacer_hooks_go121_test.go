//go:build go1.21 && !go1.22

package runtime

// What the recordings of the pacer reach in the runtime: 1.21's alone, since its answers are what is recorded.

// BenchPacerState is what the pacer answers outside a cycle.
type BenchPacerState struct {
	Goal, Trigger, TriggerGoal, Runway, PercentGoal            uint64
	Marked, Live, Scan, LastHeapScan, LastStackScan, LeastHeap uint64
	ConsMark                                                   float64
}

// BenchAskPacer asks it.
func BenchAskPacer(c *GCController) (s BenchPacerState) {
	s.Goal = c.heapGoal()
	s.Trigger, s.TriggerGoal = c.trigger()
	s.Runway = c.runway.Load()
	s.PercentGoal = c.gcPercentHeapGoal.Load()
	s.Marked = c.heapMarked
	s.Live = c.heapLive.Load()
	s.Scan = c.heapScan.Load()
	s.LastHeapScan = c.lastHeapScan
	s.LastStackScan = c.lastStackScan.Load()
	s.LeastHeap = c.heapMinimum
	s.ConsMark = c.consMark
	return s
}

// BenchPacerWorkers answers what background marking is to do: workers, and the share of each other P.
func BenchPacerWorkers(c *GCController) (int64, float64) {
	return c.dedicatedMarkWorkersNeeded.Load(), c.fractionalUtilizationGoal
}

// BenchPacerCharge answers the assist ratio, and its reciprocal as the pacer has it.
func BenchPacerCharge(c *GCController) (float64, float64) {
	return c.assistWorkPerByte.Load(), c.assistBytesPerWork.Load()
}

// BenchSetAround sets what a memory limit looks at beside the heap.
func BenchSetAround(c *GCController, mappedReady, heapFree, totalAlloc, totalFree uint64) {
	c.mappedReady.Store(mappedReady)
	c.heapFree = sysMemStat(heapFree)
	c.totalAlloc.Store(totalAlloc)
	c.totalFree.Store(totalFree)
}

// BenchSetGoals sets GOGC (unless below −1) and the limit (unless negative), when all is swept.
func BenchSetGoals(c *GCController, percent int32, limit int64) {
	if percent >= -1 {
		c.setGCPercent(percent)
	}
	c.setMemoryLimit(limit)
	c.commit(true)
}

// BenchEndCycle ends a cycle in which idle Ps marked, too.
func BenchEndCycle(c *GCController, marked uint64, assist, idle, elapsed int64, procs int) {
	c.idleMarkTime.Store(idle)
	c.EndCycle(marked, assist, elapsed, procs)
}
