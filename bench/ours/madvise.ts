/** The addon's bare loop of madvise, quantum by quantum over touched memory: the yardstick of `scavenge`. */

import { Advice, loadAddon } from '../../lib/os/addon.ts';
import { median } from '../workload.ts';
import { caseParams, emit } from './entry.ts';

const params = caseParams({ quantum: 'any', asked: 'any', mib: 'any', repeats: 'any' });
const quantum = params.number('quantum');
// As much as the scavenger of that case releases.
const length = (params.number('mib') / 2) * 1024 * 1024;
const repeats = params.number('repeats');

const addon = loadAddon();
const base = addon.alloc(length);
if (base < 0) throw new Error(`mmap: errno ${-base}`);
const times: number[] = [];
for (let i = 0; i <= repeats; i++) {
  addon.benchTouch(base, length);
  const ns = addon.benchUnused(base, length, quantum, Advice.DONTNEED);
  if (ns < 0) throw new Error(`madvise: errno ${-ns}`);
  if (i > 0) times.push(ns / (length / quantum));
}
emit({ name: 'scavenge', params: params.all, ns: median(times) });
addon.free(base, length);
