/**
 * The graph of a heap dump (inspect/heap-dump.ts): objects by number, who refers to whom, and where it begins.
 *
 * Not here: what keeps what (dominators.ts).
 */
import { PageHeapError } from '../../base/errors.ts';

export interface DumpType {
  readonly bytes: number;
  /** Words that hold pointers. */
  readonly pointerWords: number;
}

export interface HeapGraph {
  readonly count: number;
  readonly bytes: Float64Array;
  /** The type of each object, by its place among the types. */
  readonly types: Int32Array;
  readonly typeList: readonly DumpType[];
  /** Object i refers to `targets[offsets[i]]` up to `targets[offsets[i + 1] − 1]`. */
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  /** Objects that are alive by themselves. */
  readonly roots: Int32Array;
}

interface ObjectLine {
  readonly at: number;
  readonly bytes: number;
  readonly type: number;
  readonly to: readonly number[];
}

/** Reads the lines of a dump. @throws PageHeapError ERR_RUN_FILE for what is none */
export function readDump(lines: Iterable<string>): HeapGraph {
  const objects: ObjectLine[] = [];
  const typeList: DumpType[] = [];
  const rootsAt: number[] = [];
  let isExplicit = false;
  let isDump = false;
  for (const text of lines) {
    if (text === '') continue;
    const line = JSON.parse(text) as { readonly k?: string } & Record<string, unknown>;
    if (line.k === 'heap') {
      isDump = line.format === 1;
      isExplicit = line.liveness === 'explicit';
    } else if (line.k === 'type') {
      typeList[line.id as number] = line as unknown as DumpType;
    } else if (line.k === 'object') {
      objects.push(line as unknown as ObjectLine);
    } else if (line.k === 'root') {
      rootsAt.push(line.at as number);
    }
  }
  if (!isDump) throw new PageHeapError('ERR_RUN_FILE', 'no heap dump of format 1: its first line says so');
  const numbers = new Map(objects.map(({ at }, i) => [at, i]));
  const isKnown = (i: number | undefined): i is number => i !== undefined;
  const offsets = new Int32Array(objects.length + 1);
  const targets: number[] = [];
  objects.forEach(({ to }, i) => {
    for (const at of to) {
      const target = numbers.get(at);
      if (target !== undefined) targets.push(target);
    }
    offsets[i + 1] = targets.length;
  });
  return {
    count: objects.length,
    bytes: Float64Array.from(objects, ({ bytes }) => bytes),
    types: Int32Array.from(objects, ({ type }) => type),
    typeList,
    offsets,
    targets: Int32Array.from(targets),
    // What is not dropped is alive, where nothing else says so.
    roots: isExplicit
      ? Int32Array.from(objects.keys())
      : Int32Array.from(new Set(rootsAt.map((at) => numbers.get(at)).filter(isKnown))),
  };
}
