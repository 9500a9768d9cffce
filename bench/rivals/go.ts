/**
 * The rival in Go: where it is, and how its programs are built.
 *
 * Allocation is measured by an ordinary program. What lies below it cannot be reached by one: the
 * page allocator and spans are measured by a test file of this project's own that joins the
 * runtime's own test package. Go's `-overlay` lays that file over a GOROOT without changing it and
 * takes the runtime's other tests away, which only cost time to compile. Nothing is fetched.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Participant } from '../participant.ts';
import { caseWords } from '../participant.ts';

/** Where Debian and the official archive put it; the PATH comes first. */
const knownPlaces = [
  'go',
  '/usr/lib/go-1.21/bin/go',
  '/usr/lib/go/bin/go',
  '/usr/local/go/bin/go',
  '/usr/lib/go-1.19/bin/go',
];

export interface GoFound {
  readonly binary: string;
  /** As it calls itself: `go1.21.13`. */
  readonly version: string;
  readonly root: string;
}

const offline = {
  GOFLAGS: '-mod=mod',
  GOPROXY: 'off',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
  CGO_ENABLED: '0',
};

/**
 * Looks for Go: at `wanted` alone if given, else at the known places. Of several, the first of
 * version 1.21, whose runtime is the one this project's radix heap follows, else the first.
 */
export function findGo(wanted?: string): GoFound | undefined {
  const found: GoFound[] = [];
  for (const binary of wanted === undefined ? knownPlaces : [wanted]) {
    const told = spawnSync(binary, ['env', 'GOVERSION', 'GOROOT'], {
      encoding: 'utf8',
      env: { ...process.env, ...offline },
    });
    if (told.status !== 0) continue;
    const [version, root] = told.stdout.split('\n');
    if (version && root) found.push({ binary, version, root });
  }
  return found.find(is121) ?? found[0];
}

/** Whether it is of version 1.21, whose pacer and malloc can be recorded (recordGo). */
export function is121({ version }: GoFound): boolean {
  return version.startsWith('go1.21');
}

/** Builds what can be built into `into`; what cannot is said by `warn`. */
export function buildGo(
  go: GoFound,
  sources: string,
  into: string,
  warn: (text: string) => void,
): Participant {
  const env = { ...process.env, ...offline };
  const build = (args: readonly string[], what: string): boolean => {
    const done = spawnSync(go.binary, args, { cwd: sources, encoding: 'utf8', env });
    if (done.status === 0) return true;
    warn(`${go.version} could not build ${what}:\n${done.stderr.trim()}`);
    return false;
  };
  const built = {
    malloc: build(['build', '-o', join(into, 'go-malloc'), './malloc'], 'the allocation program'),
    metadata: build(['build', '-o', join(into, 'go-metadata'), './metadata'], 'the metadata program'),
    traced: build(['build', '-o', join(into, 'go-traced'), './traced'], 'the traced allocation program'),
    mark: build(['build', '-o', join(into, 'go-mark'), './mark'], 'the program that collects'),
    runtime: false,
  };
  const overlay = join(into, 'overlay.json');
  writeFileSync(overlay, JSON.stringify({ Replace: overlayOf(go.root, join(sources, 'runtime')) }));
  const test = join(into, 'go-runtime.test');
  built.runtime = build(
    ['test', '-c', '-vet=off', '-overlay', overlay, '-o', test, 'runtime'],
    "the test file in the runtime's package",
  );
  // Older runtimes have another scavenger: the recorded traces are not theirs.
  const old = /^go1\.(\d|1\d|20)(\D|$)/.test(go.version);

  return {
    id: 'go',
    title: `Go ${go.version.replace(/^go/, '')}, GOMAXPROCS=1`,
    command(of) {
      const words = caseWords(of);
      const single = { GOMAXPROCS: '1', GOGC: '100', GOMEMLIMIT: 'off', GODEBUG: '' };
      switch (of.name) {
        case 'malloc':
          return built.malloc ? { file: join(into, 'go-malloc'), args: words, env: single } : undefined;
        case 'traced':
          return built.traced ? { file: join(into, 'go-traced'), args: words, env: single } : undefined;
        case 'metadata':
          return built.metadata ? { file: join(into, 'go-metadata'), args: words, env: single } : undefined;
        case 'mark':
          return built.mark ? { file: join(into, 'go-mark'), args: words, env: single } : undefined;
        case 'radix-trace':
        case 'scavenge':
          if (old) return undefined;
          break;
        case 'pacer-trace':
        case 'malloc-trace':
          if (!is121(go)) return undefined;
          break;
        case 'pages':
        case 'page-cache':
        case 'span':
        case 'holes':
          break;
        default:
          return undefined;
      }
      if (!built.runtime) return undefined;
      return {
        file: test,
        args: ['-test.run', '^TestPageheapBench$', '-test.count', '1'],
        env: { ...single, PAGEHEAP_BENCH: [of.name, ...words].join(' ') },
      };
    },
  };
}

/** What the real runtime did in a case that records, as lines of a golden trace; what it says where it failed. */
export function recordGo(go: Participant, name: string, params: Readonly<Record<string, string>>): string {
  const command = go.command({ name, params, targets: [] });
  if (command === undefined) throw new Error(`${go.title} cannot record ${name}`);
  const { stdout, stderr, status } = spawnSync(command.file, command.args, {
    encoding: 'utf8',
    env: { ...process.env, ...command.env },
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${name} was not recorded:\n${stdout.slice(-1000)}${stderr}`);
  // The test package says, too, how its test went.
  return stdout
    .split('\n')
    .filter((line) => /^[[{]/.test(line))
    .map((line) => `${line}\n`)
    .join('');
}

/** Which files of the runtime's test package are laid over: ours added, its own tests left out. */
function overlayOf(root: string, ours: string): Record<string, string> {
  const runtime = join(root, 'src', 'runtime');
  const overlay: Record<string, string> = {};
  for (const name of readdirSync(runtime)) {
    if (name.endsWith('_test.go') && !name.startsWith('export_')) overlay[join(runtime, name)] = '';
  }
  for (const name of readdirSync(ours)) overlay[join(runtime, `pageheap_${name}`)] = join(ours, name);
  return overlay;
}
