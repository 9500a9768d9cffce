/**
 * The raw files of a recording by their names: `PID-N.raw`, one for each image of each process, in a folder of their own.
 *
 * Not here: what else is in the folder, and who makes it (recorder/raw-folder.ts).
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { commandHere } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';

const rawName = /^(\d+)-(\d+)\.raw$/;
/** A line of JSON about the whole recording, for whoever finds the folder. */
export const sessionName = 'recording.json';
/** Files that an error names. */
const mostNamed = 6;

/** A raw file by its name. */
export interface RawFile {
  readonly path: string;
  readonly name: string;
  readonly pid: number;
  /** Which image of the process it is, from 0. */
  readonly image: number;
}

/** Undefined for a name that is no raw file's. */
export function rawFile(folder: string, name: string): RawFile | undefined {
  const match = rawName.exec(name);
  if (match === null) return undefined;
  return { path: join(folder, name), name, pid: Number(match[1]), image: Number(match[2]) };
}

/** The raw files of a folder, in the order of processes and their images. */
export function rawFilesIn(folder: string): RawFile[] {
  return readdirSync(folder)
    .flatMap((name) => rawFile(folder, name) ?? [])
    .sort((a, b) => a.pid - b.pid || a.image - b.image);
}

/**
 * The raw file that the folder of a recording stands for: the only one in it.
 * @returns undefined for what is no such folder
 * @throws PageHeapError ERR_FILE where it holds none, or several: it names them
 */
export function rawFileOf(path: string): string | undefined {
  let files: RawFile[];
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
    files = rawFilesIn(path);
  } catch {
    // Whoever opens it says why it cannot be read.
    return undefined;
  }
  const isRecording = existsSync(join(path, sessionName));
  if (files.length === 1) return files[0]?.path;
  if (!isRecording && files.length === 0) return undefined;
  if (files.length === 0)
    throw new PageHeapError('ERR_FILE', 'is the folder of a recording, and holds no raw file', {
      file: path,
    });
  const named = files.slice(0, mostNamed).map((file) => file.path);
  const rest = files.length > named.length ? `, and ${files.length - named.length} more` : '';
  throw new PageHeapError(
    'ERR_FILE',
    `is a folder with the raw files of ${files.length} processes, or programs in them: name one of them (${named.join(', ')}${rest}), ` +
      `or pack them: ${commandHere('record', '--finish', path)}`,
    { file: path },
  );
}
