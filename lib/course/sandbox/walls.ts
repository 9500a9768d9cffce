/**
 * The walls around the process of a hand-in, and which of them stand on this machine.
 *
 * The first is the engine: code in it has no way to a file, a process, the network, the clock or the judge's memory, since
 * none is handed in. The others are there for a defect of the engine. Node's permission model guards against accidents and
 * not against malice, as its own documents say; in Node 20 it knows files, processes and workers only. Namespaces keep
 * the network away where the system lets a user have them.
 */
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../base/package-files.ts';
import { runTool } from '../../base/tool.ts';

export interface Wall {
  readonly name: 'engine' | 'process' | 'permissions' | 'network';
  readonly stands: boolean;
  readonly what: string;
}

/** How the process is started: a command, and the arguments before its module's path. */
export interface WalledCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** V8's memory in that process, MiB; the engine's own is a WebAssembly memory beside it. */
const memoryMiB = 256;

const namespace = ['--user', '--map-root-user', '--net', '--ipc', '--uts'];

let networkWall: boolean | undefined;

function hasNamespaces(): boolean {
  networkWall ??= runTool('unshare', [...namespace, 'true'], { stdio: 'ignore' }).status === 0;
  return networkWall;
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
/** Node calls it experimental before 23.5. */
const permissionFlag =
  major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13)
    ? '--permission'
    : '--experimental-permission';

/** What the process must be able to read: this package, and the packages beside it, of which its engine is made. */
function readable(): string[] {
  const require = createRequire(join(packageRoot, 'package.json'));
  const engine = [
    'quickjs-emscripten-core',
    '@jitl/quickjs-ng-wasmfile-release-sync',
    '@jitl/quickjs-ffi-types',
  ].map((name) => {
    for (let folder = packageRoot; ; folder = dirname(folder)) {
      const found = join(folder, 'node_modules', name);
      // Node looks at each folder on the way, which may be a link.
      if (existsSync(found)) return [join(folder, 'node_modules'), found];
      if (dirname(folder) === folder) return [dirname(require.resolve(name))];
    }
  });
  const folders = [
    join(packageRoot, 'dist'),
    join(packageRoot, 'lib'),
    join(packageRoot, 'package.json'),
    ...engine.flat(),
  ];
  const paths = [...new Set(folders.flatMap((path) => (existsSync(path) ? [path, realpathSync(path)] : [])))];
  // Node 20 forgets a folder's right when something in it has one of its own.
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}

export function walls(): Wall[] {
  const network = hasNamespaces();
  return [
    {
      name: 'engine',
      stands: true,
      what: 'an engine in WebAssembly that is handed no file, process, clock or network',
    },
    { name: 'process', stands: true, what: 'a process of its own, with an empty environment' },
    {
      name: 'permissions',
      stands: true,
      what: `Node ${process.versions.node}: reads this package and those beside it, writes nothing, starts nothing (no wall against malice)`,
    },
    {
      name: 'network',
      stands: network,
      what: network ? 'a network namespace with nothing in it' : 'no namespace may be made here (unshare)',
    },
  ];
}

export function walledCommand(): WalledCommand {
  const node = [
    process.execPath,
    permissionFlag,
    ...readable().map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${memoryMiB}`,
    '--stack-size=4000',
    '--disallow-code-generation-from-strings',
    // A hand-in runs for less time than V8 takes to optimise the engine; and how deep a call may go is then the same in each run.
    '--liftoff-only',
    '--no-warnings',
  ];
  const [command = '', ...args] = hasNamespaces() ? ['unshare', ...namespace, '--', ...node] : node;
  return { command, args };
}
