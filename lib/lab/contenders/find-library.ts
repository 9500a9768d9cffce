/**
 * Where an allocator's library lies: as the dynamic linker would find it, by its cache and the usual folders.
 *
 * A library of another processor's is none.
 */
import { closeSync, existsSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../base/tool.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What of an ELF head is the processor's: class and machine. */
function machineOf(file: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const head = Buffer.alloc(20);
    if (readSync(fd, head, 0, head.length, 0) < head.length || head.readUInt32BE(0) !== 0x7f454c46)
      return undefined;
    return `${head[4]}-${head.readUInt16LE(18)}`;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** What this processor's libraries have there: to read it from Node's own file takes /proc, by which Node knows where that is. */
const ownMachine: Readonly<Record<string, string>> = { x64: '2-62', arm64: '2-183' };

/** Whether a file is a library for this machine. */
export function isLoadable(file: string): boolean {
  const machine = machineOf(file);
  return machine !== undefined && machine === ownMachine[process.arch];
}

let cached: Map<string, string[]> | undefined;

/** Paths in the linker's cache, by the name they are loaded by; asked once. */
function linkerCache(): Map<string, string[]> {
  if (cached !== undefined) return cached;
  const found = new Map<string, string[]>();
  cached = found;
  for (const command of ['/sbin/ldconfig', '/usr/sbin/ldconfig', 'ldconfig']) {
    const { status, stdout } = runTool(command, ['-p']);
    if (status !== 0) continue;
    for (const [, name, path] of stdout.matchAll(/^\s*(\S+) \([^)]*\) => (\S+)$/gm))
      found.set(name, [...(found.get(name) ?? []), path]);
    break;
  }
  return found;
}

function usualFolders(env: Variables): string[] {
  const cpu = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return [
    ...(env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== ''),
    '/usr/local/lib',
    `/usr/lib/${cpu}-linux-gnu`,
    `/lib/${cpu}-linux-gnu`,
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/lib64',
    '/opt/homebrew/lib',
    '/home/linuxbrew/.linuxbrew/lib',
  ];
}

/** The first of these names that is a library here, with links followed; undefined where there is none. */
export function findLibrary(names: readonly string[], env: Variables = process.env): string | undefined {
  const cache = linkerCache();
  const folders = usualFolders(env);
  for (const name of names) {
    const paths = [...(cache.get(name) ?? []), ...folders.map((folder) => join(folder, name))];
    const file = paths.find((path) => existsSync(path) && isLoadable(path));
    if (file !== undefined) return realpathSync(file);
  }
  return undefined;
}
