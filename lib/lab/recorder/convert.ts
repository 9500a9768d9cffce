/**
 * From a raw file to a recording: read twice, once to count, once to write.
 *
 * The first time tells what belongs into the header: operations, threads, seconds, how far the program was at each sample
 * of its memory, and what was alive at most. The second time writes the operations, gzipped.
 *
 * Not here: the rows (trace/recording-writer.ts), which file becomes which (record.ts).
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { constants, createGzip, type Gzip } from 'node:zlib';
import { fileError } from '../../os/file-error.ts';
import { LongDocument } from '../record/long-document.ts';
import { BinaryFeed } from '../trace/binary-feed.ts';
import { TraceFaults } from '../trace/faults.ts';
import { OperationBatch } from '../trace/operations.ts';
import { RawGrammar, type RawHeader } from '../trace/raw.ts';
import type { RecordedSample } from '../trace/recorded.ts';
import type { RecordingHeader } from '../trace/recording.ts';
import { RecordingWriter, recordingHead } from '../trace/recording-writer.ts';
import { LiveBytes } from './live-bytes.ts';
import type { MemorySample } from './memory-watch.ts';

const pieceBytes = 1024 * 1024;
/** A level at which zlib keeps up with the parser; the next ones gain little of such rows. */
const level = 3;
const mostKeptSamples = 1000;

/** What a raw file holds. */
export interface RawContent {
  readonly header: RawHeader;
  readonly ops: number;
  readonly threads: number;
  readonly seconds: number;
  readonly samples: readonly RecordedSample[];
  /** Bytes that the program had asked for and not freed: the most at once. */
  readonly peakLive: number;
  /** Records that are none. */
  readonly malformed: number;
}

/** Hands the operations of a raw file on, batch by batch, in turns of the event loop. @throws PageHeapError ERR_FILE, ERR_TRACE */
async function forEachBatch(
  path: string,
  rate: number,
  consume: (batch: OperationBatch) => Promise<void> | void,
): Promise<{ readonly grammar: RawGrammar; readonly faults: TraceFaults }> {
  const faults = new TraceFaults(path);
  const grammar = new RawGrammar(faults);
  grammar.otherwise = rate;
  const feed = new BinaryFeed(grammar);
  const batch = new OperationBatch();
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    // One that is still written has a moving end.
    const { size } = statSync(path);
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    for (let at = 0; ; ) {
      const n = readSync(fd, piece, 0, Math.min(pieceBytes, size - at), at);
      at += n;
      if (n === 0) feed.end();
      else feed.feed(piece.subarray(0, n));
      for (let more = true; more; ) {
        batch.clear(grammar.lines);
        more = feed.parse(batch);
        if (batch.count > 0) await consume(batch);
      }
      if (n === 0) return { grammar, faults };
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).syscall === undefined ? cause : fileError(path, cause);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Thins samples to so many, evenly. */
function thinned(samples: readonly RecordedSample[]): RecordedSample[] {
  const step = Math.ceil(samples.length / mostKeptSamples);
  return samples.filter((_, i) => i % step === 0 || i === samples.length - 1);
}

/**
 * Counts what a raw file holds.
 * @param rate counts a microsecond, where the file does not tell. @param watched samples of its memory
 */
export async function readRaw(
  path: string,
  rate: number,
  watched: readonly MemorySample[],
): Promise<RawContent> {
  const live = new LiveBytes();
  const samples: RecordedSample[] = [];
  let lastUs = 0;
  let ops = 0;
  const { grammar, faults } = await forEachBatch(path, rate, (batch) => {
    live.add(batch);
    for (let i = 0; i < batch.count; i++) {
      const ms = batch.times[i] / 1000;
      while (samples.length < watched.length && watched[samples.length].ms <= ms)
        samples.push({ ...watched[samples.length], ops: ops + i });
    }
    lastUs = Math.max(lastUs, batch.times[batch.count - 1]);
    ops += batch.count;
  });
  for (const sample of watched.slice(samples.length)) samples.push({ ...sample, ops });
  if (grammar.header === undefined) throw fileError(path, new Error('no raw recording'));
  // What there was before is no course of its own.
  const { before } = grammar.header;
  if (before !== undefined && samples.length > 0) samples.unshift({ ...before, ms: 0, ops: 0 });
  return {
    header: grammar.header,
    ops,
    threads: grammar.recorded?.threads ?? 0,
    seconds: lastUs / 1e6,
    samples: thinned(samples),
    peakLive: live.peak,
    malformed: faults.counts.malformedLines,
  };
}

function headOf({ header, ops, threads, seconds, samples }: RawContent): RecordingHeader {
  const { pid, executable, command, wallMs, reason, mostResident } = header;
  return {
    pid,
    executable,
    command,
    started: new Date(wallMs).toISOString(),
    threads,
    seconds,
    ops,
    ...(reason === '' ? {} : { stopped: reason }),
    ...(mostResident === 0 ? {} : { mostResident }),
    samples: samples.map(({ ms, ops: at, rss, anon }) => [Math.round(ms), at, rss, anon]),
  };
}

/** Gzips into a document; each write waits for the one before. */
class PackedDocument {
  bytes = 0;
  readonly #document: LongDocument;
  readonly #gzip: Gzip = createGzip({ level, strategy: constants.Z_DEFAULT_STRATEGY });
  #failure: unknown;

  constructor(document: LongDocument) {
    this.#document = document;
    this.#gzip.on('data', (bytes: Buffer) => {
      try {
        this.bytes += bytes.length;
        if (this.#failure === undefined) document.write(bytes);
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#gzip.write(bytes, () => resolve());
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  async finish(): Promise<void> {
    const ended = new Promise((resolve) => this.#gzip.once('end', resolve));
    this.#gzip.end();
    await ended;
    if (this.#failure !== undefined) throw this.#failure;
    this.#document.finish();
  }
}

/**
 * Writes a raw file as a recording.
 * @param stopped asked now and then; true leaves the place as it was
 * @returns bytes of the recording; undefined where it was stopped
 * @throws PageHeapError ERR_FILE
 */
export async function writeRecording(
  path: string,
  rate: number,
  content: RawContent,
  output: string,
  stopped: () => boolean,
): Promise<number | undefined> {
  const document = new LongDocument(output, [path]);
  const packed = new PackedDocument(document);
  const writer = new RecordingWriter();
  let isStopped = false;
  try {
    await packed.write(recordingHead(headOf(content)));
    let left = content.ops;
    await forEachBatch(path, rate, async (batch) => {
      isStopped ||= stopped();
      // What was written since it was counted does not count.
      batch.count = Math.min(batch.count, left);
      left -= batch.count;
      if (!isStopped && batch.count > 0) await packed.write(writer.rows(batch));
    });
    if (isStopped) return undefined;
    await packed.write(writer.end());
    await packed.finish();
    return packed.bytes;
  } finally {
    document.abandon();
  }
}
