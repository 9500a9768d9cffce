/**
 * The memory profile of a run: a file beside the run file, with the calls of the workload alone.
 *
 * A call site as the heap sees it begins within the laboratory, which hands the allocation on, and ends in what drives
 * the workload. Both are the same for every object and hide what differs, so they are cut off. They are known by the names
 * of their classes; an allocation that the workload's entry makes itself keeps that one call.
 *
 * Not here: the file's format (record/pprof.ts).
 */
import type { MemProfileFrame } from '../../api/mem-profile.ts';
import { writeDocument } from '../record/document.ts';
import { memProfilePathOf } from '../record/mem-profile-path.ts';
import { encodeMemProfile, type SampledProfile } from '../record/pprof.ts';
import { HeapTarget } from '../subject/heap-target.ts';
import { WorkloadDrive } from './workload-drive.ts';

/** Hands an allocation on: the laboratory's heap, and the `malloc` that workloads are given. */
const handsOn = new RegExp(String.raw`^(?:${HeapTarget.name}\.#?\w+|Object\.malloc)$`);
const driver = `${WorkloadDrive.name}.run`;
/** A workload's entry. */
const entry = /^(?:Object\.)?run$/;

/** Of a call site, what lies in the workload. @param stack the innermost call first */
export function workloadCalls(stack: readonly MemProfileFrame[]): readonly MemProfileFrame[] {
  // The bundler numbers functions that share a name.
  const calls = stack.map((frame) => ({ ...frame, function: frame.function.replace(/\$\d+$/, '') }));
  const end = calls.findIndex((frame) => frame.function === driver);
  if (end < 0) return calls;
  const begin = calls.findIndex((frame) => !handsOn.test(frame.function));
  const own = calls.slice(begin, end).filter(({ file }) => !file.startsWith('node:'));
  while (own.length > 1 && entry.test(own[own.length - 1].function)) own.pop();
  return own.length === 0 ? calls : own;
}

/** Writes the memory profile beside the run file. Its path. @throws PageHeapError ERR_FILE */
export function writeMemProfile(profile: SampledProfile, runFile: string): string {
  const path = memProfilePathOf(runFile);
  const records = profile.records.map((record) => ({ ...record, stack: workloadCalls(record.stack) }));
  writeDocument(path, encodeMemProfile({ ...profile, records }, new Date()), [runFile]);
  return path;
}
