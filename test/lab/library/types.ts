/** A program in TypeScript that uses the package by its name, and what the compiler says of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = `import { Heap, type HeapOptions } from 'pageheap';
import { conformanceChecks } from 'pageheap/conformance';
import { compare, type RunData, type RunSettings, readRun, Residency, run } from 'pageheap/lab';
const options: HeapOptions = { memoryLimit: '200MiB', reach: '1GiB' };
// @ts-expect-error there is no such unit
const wrong: HeapOptions = { memoryLimit: '200MB' };
const settings: RunSettings = { seconds: 1, heap: { generation: 'treap', pageHeap: './mine.mjs' } };
const heap = new Heap(options);
export const resident: number = new Residency().residentBytes(heap.ranges());
const { file, summary } = await run('git', settings);
export const data: RunData = await readRun(file);
export const peak: number | null | undefined = summary.moments[0]?.rss;
export const { configurations } = await compare('git', { configurations: { a: 'lists', b: { advise: 'free' } } });
export const made = [conformanceChecks, wrong];
`;

/** What tsc says of the program, in a project of its own in `folder`; nothing where all is right. */
export function typeFaults(folder: string, module: string, resolution: string): string {
  const project = join(folder, `types-${resolution}`);
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(root, join(project, 'node_modules/pageheap'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(project, 'use.ts'), program);
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const how = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    module,
    '--moduleResolution',
    resolution,
  ];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), ...how, ...types, 'use.ts'],
    { cwd: project, encoding: 'utf8' },
  );
  return status === 0 ? stdout : `${stdout}${stderr}tsc ended with ${status}`;
}
