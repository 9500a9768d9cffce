/**
 * The memory profile as pprof reads it: protocol buffers, gzipped, as Go's `runtime/pprof` writes its heap profile.
 *
 * Of each place and size there are four values, as in Go: objects and bytes that were allocated, and those in use. They are
 * scaled from what was sampled to what there was: an object of s bytes is sampled with the probability
 * 1 − e^(−s / rate). Where objects of the rate and larger are sampled all, those count as they are.
 *
 * A call site is its calls; a label is one call of that name.
 */
import { gzipSync } from 'node:zlib';
import {
  Label,
  Line,
  Location,
  Function as PprofFunction,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import type { MemProfileFrame, MemProfileRecord } from '../../api/mem-profile.ts';

/** A memory profile, with what its counts mean. */
export interface SampledProfile {
  /** Bytes from one sample to the next, on average. */
  readonly rate: number;
  /** Objects of the rate and larger are sampled all. */
  readonly largeAll: boolean;
  readonly records: readonly MemProfileRecord[];
}

/** Names and calls, each once. */
class Places {
  readonly texts = new StringTable();
  readonly functions: PprofFunction[] = [];
  readonly locations: Location[] = [];
  readonly #functionIds = new Map<string, number>();
  readonly #locationIds = new Map<string, number>();

  /** The number of a call. */
  location({ function: name, file, line, column }: MemProfileFrame): number {
    const functionId = this.#function(name === '' ? '(anonymous)' : name, file.replace(/^file:\/\//, ''));
    const key = `${functionId}:${line}:${column}`;
    const known = this.#locationIds.get(key);
    if (known !== undefined) return known;
    const id = this.locations.length + 1;
    this.locations.push(new Location({ id, line: [new Line({ functionId, line })] }));
    this.#locationIds.set(key, id);
    return id;
  }

  #function(name: string, file: string): number {
    const key = `${name}\n${file}`;
    const known = this.#functionIds.get(key);
    if (known !== undefined) return known;
    const id = this.functions.length + 1;
    const text = this.texts.dedup(name);
    this.functions.push(
      new PprofFunction({ id, name: text, systemName: text, filename: this.texts.dedup(file) }),
    );
    this.#functionIds.set(key, id);
    return id;
  }
}

/** How many objects one that was sampled stands for. */
function weight(size: number, { rate, largeAll }: Pick<SampledProfile, 'rate' | 'largeAll'>): number {
  if (rate <= 1 || (largeAll && size >= rate)) return 1;
  return 1 / (1 - Math.exp(-size / rate));
}

/** @param at when the profile was taken */
export function encodeMemProfile(profile: SampledProfile, at: Date): Uint8Array {
  const places = new Places();
  const { texts } = places;
  const valueType = (type: string, unit: string): ValueType =>
    new ValueType({ type: texts.dedup(type), unit: texts.dedup(unit) });
  const sample = profile.records.map((record) => {
    const { label, stack, size, allocObjects, inUseObjects } = record;
    const by = weight(size, profile);
    const [allocated, inUse] = [Math.round(allocObjects * by), Math.round(inUseObjects * by)];
    const frames = label === undefined ? stack : [{ function: label, file: '', line: 0, column: 0 }];
    return new Sample({
      locationId: frames.map((frame) => places.location(frame)),
      value: [
        ...[allocated, Math.round(allocObjects * by * size)],
        ...[inUse, Math.round(inUseObjects * by * size)],
      ],
      label: [new Label({ key: texts.dedup('bytes'), num: size, numUnit: texts.dedup('bytes') })],
    });
  });
  const encoded = new Profile({
    sampleType: [
      valueType('alloc_objects', 'count'),
      valueType('alloc_space', 'bytes'),
      valueType('inuse_objects', 'count'),
      valueType('inuse_space', 'bytes'),
    ],
    sample,
    location: places.locations,
    function: places.functions,
    stringTable: texts,
    timeNanos: BigInt(at.getTime()) * 1_000_000n,
    periodType: valueType('space', 'bytes'),
    period: profile.rate,
    defaultSampleType: texts.dedup('inuse_space'),
  }).encode();
  return gzipSync(encoded);
}
