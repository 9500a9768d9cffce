/**
 * Heap dumps of a run: each moment's lines into one file, and of small heaps the dominators into the run file.
 *
 * A line `{"k":"moment","label":…}` stands before the lines of each dump.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { whileWaiting } from '../../base/waits.ts';
import { fileError } from '../../os/file-error.ts';
import { dominatorsOf, dominatorTree } from '../metrics/dominators.ts';
import { readDump } from '../metrics/heap-graph.ts';
import type { RunDominators } from '../record/lines.ts';
import { checkOutput } from '../record/output.ts';

/** Of more objects no dominators are looked for: that takes time which the run would be charged with. */
export const mostDominated = 200_000;
/** Lines written at a time. */
const stride = 4096;

export class HeapDumps {
  readonly #path: string;
  readonly #fd: number;

  /** @param inputs files that must not be written over @throws PageHeapError ERR_FILE */
  constructor(path: string, inputs: readonly string[]) {
    this.#path = path;
    checkOutput(path, inputs);
    try {
      this.#fd = whileWaiting(path, () => openSync(path, 'w'));
    } catch (error) {
      throw fileError(path, error);
    }
  }

  /** @throws PageHeapError ERR_FILE */
  write(label: string, lines: readonly string[]): void {
    try {
      writeSync(this.#fd, `${JSON.stringify({ k: 'moment', label })}\n`);
      for (let i = 0; i < lines.length; i += stride)
        writeSync(this.#fd, `${lines.slice(i, i + stride).join('\n')}\n`);
    } catch (error) {
      throw fileError(this.#path, error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The line of a moment; undefined where there are too many objects. */
export function dominatorsLine(
  label: string,
  t: number,
  lines: readonly string[],
): RunDominators | undefined {
  const { objects: count, bytes: all } = JSON.parse(lines[0]) as {
    readonly objects: number;
    readonly bytes: number;
  };
  if (count > mostDominated) return undefined;
  const graph = readDump(lines);
  const dominators = dominatorsOf(graph);
  const { objects, bytes } = dominators;
  return {
    k: 'dominators',
    t,
    label,
    objects,
    bytes,
    garbage: all - bytes,
    tree: dominatorTree(graph, dominators),
  };
}
