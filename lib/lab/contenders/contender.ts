/**
 * The contenders: allocators of others that a trace can be replayed on, beside the heaps of here.
 *
 * Native ones are the C library's malloc, and those that are preloaded into the native replayer; Go is a program of
 * its own. What each is asked by is its own: variables of the environment, and for Go the options that the heaps
 * here have, too.
 *
 * Not here: finding and building them (prepare.ts), the run (contender-run.ts).
 */

export interface NativeContender {
  readonly kind: 'native';
  /** File names of its library, the likeliest first; empty: the C library's own malloc. */
  readonly libraries: readonly string[];
  /** The package that has it in Debian and Ubuntu. */
  readonly debian: string;
  /** What its variables begin with. */
  readonly variables: readonly string[];
}

export interface GoContender {
  readonly kind: 'go';
  readonly debian: string;
  readonly variables: readonly string[];
}

/** The recorded program itself, whose memory was recorded beside: nothing is run. */
export interface RecordedContender {
  readonly kind: 'recorded';
  readonly debian: '';
  readonly variables: readonly string[];
}

export type Contender = NativeContender | GoContender | RecordedContender;

export const contenders = {
  glibc: { kind: 'native', libraries: [], debian: 'libc6', variables: ['MALLOC_', 'GLIBC_TUNABLES'] },
  jemalloc: {
    kind: 'native',
    libraries: ['libjemalloc.so.2', 'libjemalloc.so.1', 'libjemalloc.so'],
    debian: 'libjemalloc2',
    variables: ['MALLOC_CONF'],
  },
  mimalloc: {
    kind: 'native',
    libraries: [
      'libmimalloc.so.2',
      'libmimalloc.so.3',
      'libmimalloc.so.2.0',
      'libmimalloc.so.1',
      'libmimalloc.so',
    ],
    debian: 'libmimalloc2.0',
    variables: ['MIMALLOC_'],
  },
  tcmalloc: {
    kind: 'native',
    libraries: ['libtcmalloc_minimal.so.4', 'libtcmalloc.so.4', 'libtcmalloc_minimal.so', 'libtcmalloc.so'],
    debian: 'libtcmalloc-minimal4',
    variables: ['TCMALLOC_', 'MALLOC'],
  },
  go: { kind: 'go', debian: 'golang-go', variables: ['GODEBUG', 'GOGC', 'GOMEMLIMIT', 'GOMAXPROCS'] },
  'as-it-ran': { kind: 'recorded', debian: '', variables: [] },
} as const satisfies Readonly<Record<string, Contender>>;

export type ContenderName = keyof typeof contenders;

export const contenderNames = Object.keys(contenders) as readonly ContenderName[];

export function isContender(name: string): name is ContenderName {
  return Object.hasOwn(contenders, name);
}

/** A contender, and what it is asked. Plain data. */
export interface ContenderRequest {
  readonly name: ContenderName;
  /** The library to be preloaded; default: looked for. */
  readonly library?: string;
  /** The `go` command to build with; default: looked for. */
  readonly toolchain?: string;
  /** Variables of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Of Go: GOGC, −1 for off, and the memory limit in bytes; 1 to 64 Ps. */
  readonly gcPercent?: number;
  readonly memoryLimit?: number;
  readonly ps?: number;
}
