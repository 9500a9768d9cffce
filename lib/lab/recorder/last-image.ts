/**
 * What the program became in the end, where nothing of that is recorded.
 *
 * A program may be started by a script that replaces itself (exec). Each image has a raw file of its own; the last may have none, where
 * the disk was full by then, or nothing can be loaded into it. What is recorded of the process is then the script's work, which is not to
 * be taken for the program's. The last image is known by its raw file, though nothing be in it, or by a look at /proc while it ran;
 * one that ran for less than a beat of the looks may be missed: then only that the image before did not exit tells of it.
 *
 * Not here: the looks (memory-watch.ts), the words (cli/unrecorded.ts).
 */
import { basename } from 'node:path';
import type { RawHeader } from '../trace/raw.ts';
import { programName } from '../trace/recorded.ts';

/** An image by its executable and the words that it was started by. */
export interface Image {
  readonly executable: string;
  readonly command: readonly string[];
}

/** An image of the program's process that has a raw file. */
export interface KnownImage {
  readonly image: number;
  readonly header: RawHeader;
  readonly isRecorded: boolean;
}

export interface UnrecordedEnd {
  /** Undefined where only its lack is known. */
  readonly name: string | undefined;
  /** As in the header of a raw file; empty where it is not known. */
  readonly reason: string;
  readonly ownMalloc: boolean;
  /** What is recorded instead: the image before. */
  readonly before: string | undefined;
}

// By its file's name: programs write titles over the words of their command, and a changed root changes the path.
const isSame = (a: Image, b: Image): boolean => basename(a.executable) === basename(b.executable);

/**
 * @param own images with raw files, in their order. @param seen what it was when it was looked at last
 * @param isCut whether it ended otherwise than by itself, or nobody knows
 * @param diskWasFull whether some process found no room for its file
 */
export function unrecordedEnd(
  own: readonly KnownImage[],
  seen: Image | undefined,
  isCut: boolean,
  diskWasFull: boolean,
): UnrecordedEnd | undefined {
  const last = own.at(-1);
  if (last === undefined) return undefined;
  const recorded = own.findLast(({ isRecorded }) => isRecorded);
  const before = recorded === undefined ? undefined : programName(recorded.header);
  const { header } = last;
  if (seen !== undefined && !own.some((one) => isSame(one.header, seen)))
    return { name: programName(seen), reason: diskWasFull ? 'diskFull' : '', ownMalloc: false, before };
  const { reason, ownMalloc } = header;
  if (!last.isRecorded)
    return reason === '' && !ownMalloc ? undefined : { name: programName(header), reason, ownMalloc, before };
  if (header.ending !== 'running' || isCut || !diskWasFull) return undefined;
  return { name: undefined, reason: 'diskFull', ownMalloc: false, before };
}
