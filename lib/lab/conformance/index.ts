/**
 * `pageheap/conformance`: the suite, for who writes a page heap.
 *
 * With a test runner, `for (const { name, run } of conformanceChecks(make)) it(name, run)`; without one,
 * `runConformance(make)`, or `pageheap conform FILE` on the command line. `runSuite(file)` does what that does: the
 * suite in a process of its own, in which a call that does not end is stopped.
 */
export type { ConformanceCheck, ConformanceResult } from './check.ts';
export { conformanceChecks, runConformance } from './checks.ts';
export { kernelChecks } from './kernel.ts';
export type { Outcome } from './outcomes.ts';
export { partChecks } from './part-checks.ts';
export type { RandomRunOptions as ConformanceOptions } from './random-run.ts';
export type { MakePageHeap } from './session.ts';
export { ConformanceError } from './steps.ts';
export { runSuite, type SuiteOptions, type SuiteResult } from './suite.ts';
