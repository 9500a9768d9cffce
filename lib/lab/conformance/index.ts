/**
 * `pageheap/conformance`: the suite, for who writes a page heap.
 *
 * With a test runner, `for (const { name, run } of conformanceChecks(make)) it(name, run)`; without one,
 * `runConformance(make)`, or `pageheap conform FILE` on the command line.
 */
export type { ConformanceCheck, ConformanceResult } from './check.ts';
export { conformanceChecks, runConformance } from './checks.ts';
export { kernelChecks } from './kernel.ts';
export type { RandomRunOptions as ConformanceOptions } from './random-run.ts';
export type { MakePageHeap } from './session.ts';
export { ConformanceError } from './steps.ts';
