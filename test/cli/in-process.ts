/**
 * Runs a command line in the process of the test: the compiled `main`, as bin/pageheap.js calls it, without what a
 * process costs to start. For commands that look at nothing of their process; spawn.ts has those that do (signals,
 * standard input, streams that fail, what a child of theirs writes).
 *
 * One at a time: folder, environment and streams are the process's own.
 */
import { cacheFolder, type Outcome, ofBusyMachines } from './spawn.ts';

const compiled = new URL('../../dist/lib/cli/main.js', import.meta.url).href;

export interface InProcessOptions {
  readonly cwd?: string;
  /** Set on top of an environment without colour and Go variables; undefined removes one. */
  readonly env?: Record<string, string | undefined>;
}

function setEnvironment(env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

export async function inProcess(args: readonly string[], options: InProcessOptions = {}): Promise<Outcome> {
  const { main } = (await import(/* @vite-ignore */ compiled)) as typeof import('../../lib/cli/main.ts');
  const env: Record<string, string | undefined> = {
    ...Object.fromEntries(
      ['NO_COLOR', 'FORCE_COLOR', 'GOGC', 'GOMEMLIMIT', 'GODEBUG', 'npm_command'].map((name) => [
        name,
        undefined,
      ]),
    ),
    XDG_CACHE_HOME: cacheFolder,
    ...options.env,
  };
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  const folder = process.cwd();
  const { log, info } = console;
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((stream) => stream.write);
  const watched: readonly (readonly [NodeJS.EventEmitter, string])[] = [
    ...streams.map((stream) => [stream, 'error'] as const),
    ...['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'].map(
      (name) => [process, name] as const,
    ),
  ];
  const listeners = watched.map(([emitter, name]) => emitter.listeners(name));
  const said = ['', ''];
  for (const [i, stream] of streams.entries()) {
    stream.write = ((text: string | Uint8Array, ...rest: unknown[]) => {
      said[i] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
      const done = rest.at(-1);
      if (typeof done === 'function') done();
      return true;
    }) as typeof stream.write;
  }
  setEnvironment(env);
  if (options.cwd !== undefined) process.chdir(options.cwd);
  try {
    const code = await main(args);
    return { code, signal: null, out: said[0], err: said[1].replace(ofBusyMachines, '') };
  } finally {
    process.chdir(folder);
    setEnvironment(before);
    Object.assign(console, { log, info });
    for (const [i, stream] of streams.entries()) stream.write = writes[i];
    // A command leaves its listeners to the end of its process.
    for (const [i, [emitter, name]] of watched.entries())
      for (const listener of emitter.listeners(name))
        if (!listeners[i].includes(listener)) emitter.off(name, listener as () => void);
  }
}
