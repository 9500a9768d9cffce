/**
 * Builds the native parts from the sources that the package carries, with a C++ compiler and nothing else: for systems
 * that no shipped binary fits.
 *
 * What the parts are made of is native/native.gypi, which binding.gyp includes too: JSON, as a gyp file may be. Headers
 * come from the packages node-api-headers and node-addon-api; one binary serves every Node from 20 on (Node-API 8).
 *
 * Files are compiled as many at a time as there are CPUs, in a folder of their own, and what is whole is renamed into
 * its place: a command beside finds the old part or the new one, and an interruption breaks neither.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { packageRoot } from '../base/package-files.ts';
import { ownSignal } from '../base/stop-signals.ts';
import { runTool } from '../base/tool.ts';
import { makeFolder } from '../lab/record/folders.ts';
import { fileReason } from '../os/file-error.ts';

/** A shared object or a program: how its file is called, and what it is made of. Paths are relative to the package. */
export interface NativePart {
  readonly file: string;
  readonly kind: 'library' | 'program';
  readonly language: 'c' | 'c++';
  readonly sources: readonly string[];
  readonly compile: readonly string[];
  readonly link: readonly string[];
}

/** Commands that compile: their first words. */
export interface Compilers {
  readonly c: readonly string[];
  readonly 'c++': readonly string[];
}

export interface NativeBuild {
  /** The folder that gets the parts. */
  readonly into: string;
  readonly compilers: Compilers;
  readonly parts: readonly NativePart[];
  /** Told of each file that is compiled, and of how many there are. */
  readonly onFile?: (file: string, done: number, all: number) => void;
}

interface Description {
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

/** The parts, as native/native.gypi tells. */
export function nativeParts(): NativePart[] {
  const { variables } = JSON.parse(
    readFileSync(join(packageRoot, 'native', 'native.gypi'), 'utf8'),
  ) as Description;
  return [
    {
      file: variables.addon_file[0],
      kind: 'library',
      language: 'c++',
      sources: variables.addon_sources,
      compile: [
        ...variables.addon_flags,
        ...variables.addon_defines.map((define) => `-D${define}`),
        ...includeFolders().map((folder) => `-I${folder}`),
      ],
      link: [],
    },
    {
      file: 'pageheap-record.so',
      kind: 'library',
      language: 'c',
      sources: variables.recorder_sources,
      compile: variables.recorder_flags,
      link: variables.recorder_link_flags,
    },
    {
      file: 'pageheap-replay',
      kind: 'program',
      language: 'c',
      sources: variables.replayer_sources,
      compile: variables.replayer_flags,
      link: variables.replayer_link_flags,
    },
  ];
}

function includeFolders(): string[] {
  const packages = createRequire(import.meta.url);
  const folder = (name: string): string => dirname(packages.resolve(`${name}/package.json`));
  return [join(folder('node-api-headers'), 'include'), folder('node-addon-api')];
}

type Environment = Readonly<Record<string, string | undefined>>;

const works = (command: readonly string[]): boolean =>
  runTool(command[0], [...command.slice(1), '--version'], { stdio: 'ignore' }).status === 0;

function find(chosen: string | undefined, usual: readonly string[]): readonly string[] | undefined {
  // As make takes it: a command with its words.
  if (chosen !== undefined && chosen.trim() !== '') return chosen.trim().split(/\s+/);
  return usual.map((name) => [name]).find(works);
}

/** The compilers of CC and CXX, else the usual ones. @throws PageHeapError ERR_ADDON where there are none */
export function findCompilers(env: Environment = process.env): Compilers {
  const c = find(env.CC, ['cc', 'gcc', 'clang']);
  const cxx = find(env.CXX, ['c++', 'g++', 'clang++']);
  if (c === undefined || cxx === undefined)
    throw new PageHeapError(
      'ERR_ADDON',
      'there is no C++ compiler here (looked for CXX, c++, g++, clang++, and their like for C); install one: ' +
        'apt install g++, dnf install gcc-c++, apk add g++',
    );
  return { c, 'c++': cxx };
}

/** What a compiler calls itself, in one line; its command where it says nothing. */
export function compilerName(command: readonly string[]): string {
  const told = runTool(command[0], [...command.slice(1), '--version']);
  const [line = ''] = (told.stdout ?? '').split('\n');
  return line.trim() === '' ? command.join(' ') : line.trim();
}

function runs(command: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: packageRoot,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    child.on('error', (cause) =>
      reject(new PageHeapError('ERR_ADDON', `${command[0]} cannot be started: ${cause.message}`, { cause })),
    );
    child.on('close', async (status, signal) => {
      if (status === 0) return resolve();
      await ownSignal(signal);
      const end = status === null ? `was ended by ${signal}` : `failed (${status})`;
      reject(new PageHeapError('ERR_ADDON', `the compiler ${end}: ${command.join(' ')}\n${said.trimEnd()}`));
    });
  });
}

/** Runs jobs, so many at a time; after a failure no more are begun. */
async function together(jobs: readonly (() => Promise<void>)[], most: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < jobs.length) {
      const job = jobs[next++];
      try {
        await job();
      } catch (error) {
        next = jobs.length;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(most, jobs.length) }, work));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function workFolder(into: string): string {
  try {
    makeFolder(into);
    return mkdtempSync(join(into, '.build-'));
  } catch (cause) {
    if (cause instanceof PageHeapError) throw cause;
    throw new PageHeapError('ERR_FILE', `nothing can be written to it: ${fileReason(cause)}`, {
      file: into,
      cause,
    });
  }
}

/**
 * Compiles the parts and puts them into their folder.
 * @returns their files
 * @throws PageHeapError ERR_ADDON with what the compiler says · ERR_FILE where the folder cannot be written
 */
export async function buildNative({ into, compilers, parts, onFile }: NativeBuild): Promise<string[]> {
  const folder = workFolder(into);
  try {
    const all = parts.reduce((sum, part) => sum + part.sources.length, 0);
    let done = 0;
    const object = (source: string): string => join(folder, `${basename(source)}.o`);
    const jobs = parts.flatMap(({ kind, language, sources, compile }) =>
      sources.map((source) => async () => {
        const position = kind === 'library' ? ['-fPIC'] : [];
        await runs([...compilers[language], ...compile, ...position, '-c', source, '-o', object(source)]);
        onFile?.(source, ++done, all);
      }),
    );
    await together(jobs, availableParallelism());
    for (const { file, kind, language, sources, link } of parts)
      await runs([
        ...compilers[language],
        ...(kind === 'library' ? ['-shared'] : []),
        ...sources.map(object),
        ...link,
        '-s',
        '-o',
        join(folder, file),
      ]);
    return parts.map(({ file }) => {
      renameSync(join(folder, file), join(into, file));
      return join(into, file);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
