/**
 * `pageheap/lab`: the laboratory as a library. What the commands do, without a terminal; what they leave, read back; and
 * what the kernel says of memory.
 *
 *     import { run, compare, readRun, Residency } from 'pageheap/lab';
 *
 *     const { summary } = await run('perl', { seconds: 2, idle: 2, heap: { memoryLimit: '200MiB' } });
 *     const { configurations } = await compare('perl', { repeat: 1, seconds: 2 });
 *
 * Not here: one heap in this process (`pageheap`), the suite for page heaps (`pageheap/conformance`).
 */
export {
  type AddressRange,
  type FaultCounts,
  type MappedUse,
  PagemapFlag,
  type ProcessMemory,
  Residency,
} from '../../os/residency.ts';
export type { ContenderName, ContenderRequest } from '../contenders/contender.ts';
export type { ComparedRuns, Comparison } from '../metrics/comparison.ts';
export { type Metric, metrics } from '../metrics/run-metrics.ts';
export type { MetricUnit, Spread } from '../metrics/spread.ts';
export type { Moment, PhaseMoment, RunSummary } from '../metrics/summary.ts';
export type { Certificate, Conformance, ConformanceProfile } from '../record/certificate.ts';
export type { ComparisonIndex, RunFailure } from '../record/comparison-index.ts';
export type {
  RunClasses,
  RunCollection,
  RunContender,
  RunEnd,
  RunHeader,
  RunMap,
  RunPhaseEnd,
  RunSample,
  RunScavenge,
  RunValue,
} from '../record/lines.ts';
export type { RunData } from '../record/run-data.ts';
export type { RunPhase, RunProgress, RunReason } from '../run/run-options.ts';
export type { TouchMode } from '../subject/subject-options.ts';
export { compare } from './compare.ts';
export { readComparison, readRun, renderComparison, renderReport, summarize } from './records.ts';
export { type RunRecord, run } from './run.ts';
export type {
  CompareProgress,
  CompareSettings,
  RunHeapSettings,
  RunSettings,
  SubjectSettings,
} from './settings.ts';
export { subjects } from './subjects.ts';
