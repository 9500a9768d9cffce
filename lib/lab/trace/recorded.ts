/**
 * What a recording knows of its program, beside the operations.
 */
import { basename } from 'node:path';

/**
 * What to call it: the name it was started by, which may be a link's (`redis-server` is one to `redis-check-rdb`, `sh` to
 * `dash`). A login shell's begins with a dash. Without /proc the recorder learns neither.
 */
export function programName({ executable, command }: Pick<Recorded, 'executable' | 'command'>): string {
  return (
    basename((command[0] ?? '').replace(/^-/, '')) || basename(executable) || 'a program of unknown name'
  );
}

/** The program at one moment: milliseconds since the recording began, operations until then, bytes. */
export interface RecordedSample {
  readonly ms: number;
  readonly ops: number;
  /** Resident, without the recorder's own pages; and of that what no file is behind. */
  readonly rss: number;
  readonly anon: number;
}

export interface Recorded {
  readonly pid: number;
  readonly executable: string;
  readonly command: readonly string[];
  /** ISO 8601. */
  readonly started: string;
  /** Threads that allocated or freed. */
  readonly threads: number;
  /** Why recording stopped before the program did. */
  readonly stopped?: string;
  /** Seconds from the first operation to the last, and operations; known once it is over. */
  readonly seconds?: number;
  readonly ops?: number;
  /** Bytes: the most that was resident at once, as the kernel counted; undefined for a program that was killed. */
  readonly mostResident?: number;
  readonly samples?: readonly RecordedSample[];
}
