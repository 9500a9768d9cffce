/**
 * The package as people get it: packed, installed into an empty folder where no compiler and no Python is found, and
 * used from there. `PAGEHEAP_PACKAGE` names a packed file; without it the package is packed here, with native parts for
 * this machine alone. `PAGEHEAP_NODES` (such as 20,22,24,26) tries other Nodes, too, as npm has them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pageheap-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder of commands that holds Node, npm and what npm itself needs: no compiler, no make, no Python. */
const commands = join(folder, 'commands');
const npm = execFileSync('sh', ['-c', 'readlink -f "$(command -v npm)"'], { encoding: 'utf8' }).trim();

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const bare = { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), npm_config_update_notifier: 'false' };

function run(cwd: string, command: string, ...args: string[]): Ended {
  const path = `${join(cwd, 'node_modules', '.bin')}:${commands}`;
  const env = { ...process.env, ...bare, PATH: path, NODE_OPTIONS: '' };
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 300_000 });
}

/** Runs a command that must end well, and answers what it printed. */
function ok(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = run(cwd, command, ...args);
  expect([status, stderr], `${command} ${args.join(' ')}`).toEqual([0, expect.anything()]);
  return stdout;
}

let packed = process.env.PAGEHEAP_PACKAGE ?? '';
/** Where it is installed. */
const place = join(folder, 'place');

beforeAll(() => {
  mkdirSync(commands);
  symlinkSync(process.execPath, join(commands, 'node'));
  for (const name of ['npm', 'npx'])
    writeFileSync(
      join(commands, name),
      `#!/bin/sh\nexec node ${join(dirname(npm), `${name}-cli.js`)} "$@"\n`,
      {
        mode: 0o755,
      },
    );
  for (const name of ['sh', 'env', 'uname']) {
    const found = ['/bin', '/usr/bin'].map((path) => join(path, name)).find(existsSync);
    if (found !== undefined) symlinkSync(found, join(commands, name));
  }
  if (packed === '') {
    execFileSync(process.execPath, ['scripts/prebuild.js', '--host'], { cwd: root, stdio: 'inherit' });
    execFileSync(process.execPath, ['scripts/generate-man.js'], { cwd: root, stdio: 'inherit' });
    execFileSync(process.execPath, ['scripts/pack.js', folder], { cwd: root });
    packed = join(folder, readdirSync(folder).find((name) => /^pageheap-\d.*\.tgz$/.test(name))!);
  }
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{ "private": true, "type": "module" }');
  const { status, stdout, stderr } = run(place, 'npm', 'install', '--no-audit', '--no-fund', packed);
  expect([status, stdout], stderr).toEqual([0, expect.stringContaining('added')]);
  expect(stderr.replaceAll(/^npm warn (?:config|Unknown).*nodedir.*\n/gim, '')).toBe('');
});

describe('the package', () => {
  it('is small, and holds what it says', () => {
    const files = execFileSync('tar', ['-tzf', packed], { encoding: 'utf8' }).trim().split('\n');
    const has = (pattern: RegExp): boolean => files.some((name) => pattern.test(name));
    for (const wanted of [
      /README\.md$/,
      /LICENSE$/,
      /NOTICE\.md$/,
      /man\/pageheap\.1$/,
      /native\/addon\.cc$/,
      /native\/native\.gypi$/,
      /native\/go\/main\.go$/,
      /prebuilds\/linux-\w+-(?:glibc|musl)\/pageheap-replay$/,
      /prebuilds\/linux-\w+-(?:glibc|musl)\/pageheap\.node$/,
      /prebuilds\/linux-\w+-(?:glibc|musl)\/pageheap-record\.so$/,
    ])
      expect(has(wanted), String(wanted)).toBe(true);
    expect(has(/binding\.gyp$|^package\/(?:test|bench|lib|scripts|\.ci)\//)).toBe(false);
    expect(statSync(packed).size).toBeLessThan(4_000_000);
  });

  it('runs no script when it is installed', () => {
    const told = ok(place, 'npm', 'query', '#pageheap');
    const [{ scripts = {} }] = JSON.parse(told) as [{ scripts?: Record<string, string> }];
    for (const name of ['preinstall', 'install', 'postinstall']) expect(scripts[name]).toBeUndefined();
  });

  it('runs its main job', () => {
    const out = ok(
      place,
      'npx',
      'pageheap',
      'run',
      'perl',
      '--duration',
      '1',
      '--idle',
      '1',
      '--out',
      'runs',
    );
    expect(out).toContain('report:');
    expect(readdirSync(join(place, 'runs')).some((name) => name.endsWith('.html'))).toBe(true);
    expect(ok(place, 'npx', 'pageheap', 'doctor')).toContain('kernel');
    expect(ok(place, 'npx', 'pageheap', 'completion', 'bash')).toContain('complete -F');
  });

  it.each([
    ['an ES module', 'module.mjs', "import { Heap } from 'pageheap';"],
    ['require', 'required.cjs', "const { Heap } = require('pageheap');"],
    [
      'a worker',
      'worker.mjs',
      "import { Worker, isMainThread } from 'node:worker_threads'; import { Heap } from 'pageheap'; if (isMainThread) new Worker(new URL(import.meta.url)); else",
    ],
  ])('is a library for %s', (_what, name, start) => {
    const body =
      '{ const heap = new Heap(); heap.view(heap.malloc(100), 100).fill(7); heap.check(3); heap.dispose(); console.log("well"); }';
    writeFileSync(join(place, name), `${start} ${body}\n`);
    expect(ok(place, 'node', name)).toBe('well\n');
  });

  it('is a library for tests of vitest', () => {
    writeFileSync(
      join(place, 'heap.test.js'),
      `import { expect, test } from 'vitest';
       import { Heap } from 'pageheap';
       test('a heap', () => {
         const heap = new Heap();
         expect(heap.read(heap.malloc(8), 8)).toEqual(new Uint8Array(8));
         // What a failed comparison would print.
         expect(() => expect(heap).toStrictEqual({})).toThrow('to strictly equal');
         heap.dispose();
       });`,
    );
    // Beside the package, as its user installs it.
    const runner = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    symlinkSync(join(root, 'node_modules', 'vitest'), join(place, 'node_modules', 'vitest'));
    for (const pool of ['forks', 'threads'])
      expect(ok(place, 'node', runner, 'run', '--root', place, '--pool', pool)).toMatch(/1 passed/);
  });

  it('has its laboratory and its conformance suite', () => {
    writeFileSync(
      join(place, 'lab.mjs'),
      "import * as lab from 'pageheap/lab'; import * as suite from 'pageheap/conformance'; console.log(typeof lab.run, Object.keys(suite).length > 0);\n",
    );
    expect(ok(place, 'node', 'lab.mjs')).toBe('function true\n');
  });

  it('builds its native parts from its sources, where there is a compiler', () => {
    const { status, stdout, stderr } = spawnSync('npx', ['pageheap', 'build', '--out', 'native'], {
      cwd: place,
      env: { ...process.env, ...bare },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, expect.stringContaining('PAGEHEAP_ADDON=')]);
    expect(stdout).toContain(join('native', 'pageheap.node'));
    const without = run(place, 'npx', 'pageheap', 'build');
    expect([without.status, without.stderr]).toEqual([1, expect.stringContaining('apt install g++')]);
  });

  it('names the way when there is no binary for the system', () => {
    const script = `
      import { renameSync } from 'node:fs';
      const shipped = 'node_modules/pageheap/prebuilds';
      renameSync(shipped, shipped + '.away');
      try { await import('pageheap').then(({ Heap }) => new Heap()); } catch (error) { console.log(error.code, error.message); }
      renameSync(shipped + '.away', shipped);`;
    writeFileSync(join(place, 'none.mjs'), script);
    expect(ok(place, 'node', 'none.mjs')).toMatch(
      /^ERR_ADDON there is no native addon for linux-\w+: run `npx pageheap build`/,
    );
  });
});

describe('its types', () => {
  const typed = join(place, 'typed');
  beforeAll(() => {
    mkdirSync(typed);
    writeFileSync(
      join(typed, 'index.ts'),
      `import { Heap, type MemStats } from 'pageheap';
import { run } from 'pageheap/lab';
const heap = new Heap({ gcPercent: 100 });
const stats: MemStats = heap.readMemStats();
export const bytes: number = stats.HeapInuse;
export const start: typeof run = run;
// @ts-expect-error a size is a number
heap.malloc('8');
`,
    );
  });

  it.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('are read with module %s, resolution %s', (module, moduleResolution) => {
    const options = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      module,
      moduleResolution,
      types: [],
      skipLibCheck: false,
    };
    writeFileSync(
      join(typed, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: { ...options, lib: ['es2023', 'esnext.disposable', 'dom'] },
        files: ['index.ts'],
      }),
    );
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status, stdout } = run(typed, 'node', compiler, '-p', '.');
    expect([status, stdout]).toEqual([0, '']);
  });

  it('and exports are clean, say publint and attw', () => {
    const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
    const lint = spawnSync(bin('publint'), [packed, '--strict'], { encoding: 'utf8', cwd: root });
    expect([lint.status, lint.stdout]).toEqual([0, expect.stringContaining('All good')]);
    // By itself it writes as wide as it takes its output to be.
    const args = [packed, '--profile', 'esm-only', '--format', 'ascii'];
    const types = spawnSync(bin('attw'), args, { encoding: 'utf8', cwd: root });
    expect([types.status, types.stdout]).toEqual([0, expect.stringContaining('node16 (from ESM): 🟢 (ESM)')]);
  });
});

const nodes = (process.env.PAGEHEAP_NODES ?? '').split(',').filter((name) => name !== '');
describe.runIf(nodes.length > 0)('other Nodes', () => {
  it.each(nodes)('Node %s runs it', (version) => {
    const home = join(folder, `node-${version}`);
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{ "private": true }');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', `node@${version}`, packed], { cwd: home });
    const node = join(home, 'node_modules', '.bin', 'node');
    expect(ok(home, node, '--version')).toMatch(new RegExp(`^v${version}\\.`));
    const command = join(home, 'node_modules', 'pageheap', 'bin', 'pageheap.js');
    expect(ok(home, node, command, 'run', 'perl', '--duration', '1', '--idle', '1')).toContain('report:');
  });
});
