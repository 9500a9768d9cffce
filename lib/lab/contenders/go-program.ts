/**
 * The replayer in Go: which toolchain builds it, and the program that was built, kept in the user's cache folder.
 *
 * A program is kept by what it was made of: the source, the toolchain's version, the processor. It is built in a folder of its
 * own and renamed into its place when it is whole. So two commands at once build two and one remains, and one that is
 * cut off leaves nothing that is taken for a program; what it left is removed when it is a day old.
 * A user without a home has no cache folder, and gets one for this process.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../base/cache-folder.ts';
import { PageHeapError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-files.ts';
import { isStopSignal } from '../../base/stop-signals.ts';
import { runTool } from '../../base/tool.ts';
import { fileError } from '../../os/file-error.ts';
import { makeFolder } from '../record/folders.ts';

export interface GoToolchain {
  readonly command: string;
  /** As it calls itself: `go1.21.13`. */
  readonly version: string;
}

const source = join(packageRoot, 'native', 'go');
const sourceFiles = ['go.mod', 'main.go'];
/** What a build that was cut off has left is nobody's after so long, ms. */
const abandonedMs = 24 * 3600 * 1000;
const buildTimeoutMs = 300_000;

/** Nothing is fetched, and nothing of the user's settings changes what is built. */
const offline = {
  GOFLAGS: '',
  GOPROXY: 'off',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
  GO111MODULE: 'on',
  CGO_ENABLED: '0',
  GOOS: '',
  GOARCH: '',
};

function environment(): NodeJS.ProcessEnv {
  const { HOME, XDG_CACHE_HOME, GOCACHE } = process.env;
  const homeless = HOME === undefined && XDG_CACHE_HOME === undefined && GOCACHE === undefined;
  return { ...process.env, ...offline, ...(homeless ? { GOCACHE: join(cacheFolder(), 'go-build') } : {}) };
}

/** Where Debian and the official archive put it; the PATH comes first. */
function usualCommands(): string[] {
  const versioned = ((): string[] => {
    try {
      return readdirSync('/usr/lib').filter((name) => /^go-1\.\d+$/.test(name));
    } catch {
      return [];
    }
  })();
  // The latest first.
  versioned.sort((a, b) => Number(b.slice(5)) - Number(a.slice(5)));
  return [
    'go',
    '/usr/local/go/bin/go',
    '/usr/lib/go/bin/go',
    ...versioned.map((name) => `/usr/lib/${name}/bin/go`),
  ];
}

/** One that is there and does not say its version. */
export interface SilentGo {
  readonly command: string;
  readonly why: string;
}

/** @param wanted this one alone. @param onSilent told of one that is there and cannot be asked. Undefined where there is none */
export function findGo(wanted?: string, onSilent?: (silent: SilentGo) => void): GoToolchain | undefined {
  for (const command of wanted === undefined ? usualCommands() : [wanted]) {
    const asked = runTool(command, ['env', 'GOVERSION'], { env: environment() });
    const { status, signal, stdout, stderr } = asked;
    // This process is about to end, too.
    if (isStopSignal(signal)) break;
    const version = status === 0 ? stdout.trim() : '';
    if (version !== '') return { command, version };
    if (asked.error === undefined)
      onSilent?.({ command, why: stderr.trim().split('\n')[0] || `it ended by ${signal ?? status}` });
  }
  return undefined;
}

function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith('.build-'))) {
    const path = join(folder, name);
    const { mtimeMs = Date.now() } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > abandonedMs) rmSync(path, { recursive: true, force: true });
  }
}

/** A folder of this process's, where the cache folder cannot be written. */
let ownFolder: string | undefined;

/** The folder that programs are kept in; one that goes with this process where that cannot be made or written. */
function folderFor(kept: string): string {
  try {
    makeFolder(kept);
    return kept;
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
  }
  if (ownFolder !== undefined) return ownFolder;
  try {
    const made = mkdtempSync(join(tmpdir(), 'pageheap-go-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    ownFolder = made;
    return made;
  } catch (cause) {
    throw fileError(tmpdir(), cause);
  }
}

/**
 * The program, built where it is not there yet.
 * @param onBuild told before it is built; with the folder, where that is a temporary one, which goes with this process
 * @throws PageHeapError ERR_SYSTEM with what the compiler says; ERR_FILE where neither the cache nor a temporary folder can be written
 */
export function goProgram(
  { command, version }: GoToolchain,
  onBuild: (temporary: string | undefined) => void = () => undefined,
): string {
  const hash = createHash('sha256').update(`${version}\0${process.arch}\0`);
  for (const file of sourceFiles) hash.update(readFileSync(join(source, file))).update('\0');
  const name = `go-${hash.digest('hex').slice(0, 24)}`;
  const kept = join(cacheFolder(), 'contenders');
  if (existsSync(join(kept, name))) return join(kept, name);
  const folder = folderFor(kept);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  onBuild(folder === kept ? undefined : folder);
  let work: string;
  try {
    removeAbandoned(folder);
    work = mkdtempSync(join(folder, '.build-'));
    // The package may lie where nobody can write, and Go wants to.
    for (const file of sourceFiles) cpSync(join(source, file), join(work, file));
  } catch (cause) {
    throw fileError(folder, cause);
  }
  try {
    const built = runTool(command, ['build', '-trimpath', '-o', 'replayer', '.'], {
      cwd: work,
      env: folder === kept ? environment() : { GOCACHE: join(folder, 'go-build'), ...environment() },
      timeout: buildTimeoutMs,
    });
    if (built.status !== 0) {
      const why =
        built.error?.message ?? (built.stderr.trim() || `it ended by ${built.signal ?? built.status}`);
      throw new PageHeapError('ERR_SYSTEM', `${version} cannot build the replayer: ${why}`, {
        value: command,
      });
    }
    try {
      renameSync(join(work, 'replayer'), program);
    } catch (cause) {
      throw fileError(program, cause);
    }
    return program;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
