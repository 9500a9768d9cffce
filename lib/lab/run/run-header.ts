/**
 * The first line of a run file: what is run, with which options, and on what machine.
 */
import { release } from 'node:os';
import { basename } from 'node:path';
import { recordedIn } from '../../design/option.ts';
import { otherThanGo } from '../../design/recorded.ts';
import type { Machine } from '../../os/machine.ts';
import { machineFallbacks } from '../../os/machine-words.ts';
import { conformanceOf, hashModule } from '../record/certificate.ts';
import { type RunHeader, type RunValue, runFormat } from '../record/lines.ts';
import { samplingOptions, traceOptions } from '../subject/subject-options.ts';
import type { LabHeap } from '../subject/target.ts';
import type { Drive } from './drive.ts';
import { nameOf, type ResolvedRunOptions, type RunOptions } from './run-options.ts';

/** The machine, for a run's first line. */
export function environmentOf(machine: Machine, version: string | undefined): Record<string, RunValue> {
  const { hugePages } = machine;
  return {
    kernel: release(),
    node: process.version,
    cpu: machine.cpu,
    cpus: machine.cpus,
    thp: hugePages.enabled ?? null,
    thpDefrag: hugePages.defrag ?? null,
    pageSize: machine.pageSize,
    hugePageSize: hugePages.pmdSize,
    overcommit: machine.overcommit ?? null,
    pageheap: version ?? null,
    fallbacks: machineFallbacks(machine),
  };
}

/** The modules of the user's own parts. */
function modulesIn({ modules = {} }: RunOptions): Pick<RunHeader, 'modules'> {
  const told = Object.entries(modules).map(([option, path]) => [
    option,
    { file: basename(path), hash: hashModule(path) },
  ]);
  return told.length === 0 ? {} : { modules: Object.fromEntries(told) };
}

/** What a custom page heap is known for. */
function conformanceIn({ modules }: RunOptions): Pick<RunHeader, 'conformance'> {
  return modules?.pageHeap === undefined ? {} : { conformance: conformanceOf(modules.pageHeap) };
}

export function headerOf(
  options: RunOptions,
  resolved: ResolvedRunOptions,
  heap: Pick<LabHeap, 'settings' | 'contender'>,
  machine: Machine,
  drive: Pick<Drive, 'header'>,
): RunHeader {
  const declared = options.workload === undefined ? { ...traceOptions, ...samplingOptions } : samplingOptions;
  const recorded = (member: 'options' | 'pace'): Record<string, RunValue> =>
    recordedIn(member, declared, { ...resolved }) as Record<string, RunValue>;
  const settings = (heap.settings ?? options.heap ?? {}) as Record<string, RunValue>;
  const other = heap.contender === undefined ? otherThanGo(settings) : [];
  return {
    k: 'run',
    format: runFormat,
    name: nameOf(options),
    started: new Date().toISOString(),
    command: options.command ?? [],
    ...drive.header,
    options: { ...settings, ...recorded('options') },
    ...(other.length === 0 ? {} : { otherThanGo: other }),
    pace: recorded('pace'),
    env: environmentOf(machine, options.version),
    ...(heap.contender === undefined ? {} : { contender: heap.contender }),
    ...modulesIn(options),
    ...conformanceIn(options),
  };
}
