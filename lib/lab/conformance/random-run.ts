/**
 * The random run of the conformance suite: commands (fast-check) against page heap and naive model at once.
 *
 * A failure is shrunk, and tells what is wrong, the calls that led there, and a seed and a path by which it
 * runs again alone. The path has two parts with a comma between: where the failure stands among the runs and
 * the shrinking of each, and which commands of it were left. fast-check prints the second inside the
 * counterexample only, and does not find the way back without it.
 *
 * Not here: what holds after every call (session.ts).
 */
import fc from 'fast-check';
import { describeThrown } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';
import {
  growthPages,
  type MakePageHeap,
  reachPages,
  Session,
  type SessionOptions,
  sessionOn,
} from './session.ts';
import { ConformanceError } from './steps.ts';

export interface RandomRunOptions {
  /** Of the random run; default: a fresh one, which a failure tells. */
  readonly seed?: number;
  /** Runs one failure again alone: as a failure told it, together with its seed. */
  readonly path?: string;
  /** Random runs. Default: 60. */
  readonly runs?: number;
}

/** Random runs, unless told otherwise; fewer are no full run of the suite. */
export const fullRuns = 60;

/** A seed of our own, since fast-check takes negative ones too, and who reads one tends to lose the sign. */
export const randomSeed = (): number => Math.floor(Math.random() * 2 ** 31);

/** What a run of commands is made on: mostly a machine as most are. */
interface Machine extends SessionOptions {
  readonly physPages: number;
  /** Without unforced releases: only then one by force must find every page. */
  readonly forces: boolean;
}

/** A command of the random run: what it does, and how a failure writes it. */
class Step implements fc.Command<Machine, Session> {
  readonly #words: string;
  readonly #act: (s: Session, machine: Machine) => void;

  constructor(words: string, act: (s: Session, machine: Machine) => void) {
    this.#words = words;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  run(machine: Machine, s: Session): void {
    this.#act(s, machine);
  }

  toString(): string {
    return this.#words;
  }
}

const alloc = (n: number): Step => new Step(`alloc ${n}`, (s) => s.alloc(n));

const allocCached = (p: number, n: number): Step =>
  new Step(`alloc ${n} through cache ${p}`, (s) => s.allocCached(p, n));

const flushCached = (p: number): Step => new Step(`flush cache ${p}`, (s) => s.flushCached(p));

/** Frees one of the runs that are held, or `n` pages of it from its `from`th on. */
const free = (which: number, from = 0, n = Number.POSITIVE_INFINITY): Step =>
  new Step(`free #${which}${n === Number.POSITIVE_INFINITY ? '' : ` from ${from}, ${n}`}`, (s) => {
    const pages = [...s.held.keys()];
    const page = pages[which % Math.max(1, pages.length)];
    if (page === undefined) return;
    const held = s.held.get(page) ?? 1;
    const first = from % held;
    s.free(page, first, Math.min(n, held - first));
  });

const release = (n: number, force: boolean, stopAfter: number | undefined): Step =>
  new Step(
    `release ${n}${force ? ' by force' : ''}${stopAfter === undefined ? '' : ` until asked ${stopAfter + 1} times`}`,
    (s, { forces }) => s.release(n, force || forces, stopAfter),
  );

/** Releases by age, by the age of one of the free runs, or by a little more or less. */
const releaseUnused = (which: number, more: number): Step =>
  new Step(`release unused, the age of #${which} and ${more}`, (s) => {
    const runs = s.heap.releaseUnused === undefined ? [] : s.runs();
    const run = runs[which % Math.max(1, runs.length)];
    // The clock goes on by one with the call.
    if (run !== undefined) s.releaseUnused(s.clock + 1 - run.since + more);
  });

const wait = (time: number): Step =>
  new Step(`wait ${time}`, (s) => {
    s.clock += time;
  });

const nextGeneration = (): Step => new Step('next generation', (s) => s.nextGeneration());

const chunks = reachPages / growthPages;

/** Grows by up to so many chunks at once, as far as they are new. */
const grow = (chunk: number, most: number): Step =>
  new Step(`grow ${most} chunks from ${chunk}`, (s) => {
    let n = 0;
    while (n < most && chunk + n < chunks && !s.isGrown((chunk + n) * growthPages)) n++;
    if (n > 0) s.grow(chunk * growthPages, n * growthPages);
  });

const machines = fc.record<Machine>({
  physPages: fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 4),
  forces: fc.boolean(),
});

/** A session; one on a machine as most are where the page heap refuses to be made for larger physical pages. */
function sessionFor(machine: Machine, make: MakePageHeap): Session {
  const session = machine.physPages === 1 ? new Session(make, machine) : sessionOn(make, machine);
  return typeof session === 'string' ? new Session(make, { ...machine, physPages: 1 }) : session;
}

function splitPath(path: string): { path: string; replayPath: string } {
  const [where, commands, ...rest] = path.split(',');
  if (!/^\d+(:\d+)*$/.test(where ?? '') || !/^[\w+/]+:[\w+/]+$/.test(commands ?? '') || rest.length > 0) {
    throw new PageHeapError('ERR_INVALID_OPTION', `option path: not as a failure tells it: ${path}`, {
      value: path,
      option: 'path',
    });
  }
  return { path: where ?? '', replayPath: commands ?? '' };
}

/** @throws ERR_INVALID_OPTION for a path without its seed, or that no failure told */
export function requirePath({ seed, path }: RandomRunOptions): void {
  if (path === undefined) return;
  splitPath(path);
  if (seed === undefined)
    throw new PageHeapError('ERR_INVALID_OPTION', 'option path: means nothing without its seed', {
      value: path,
      option: 'path',
    });
}

/** @throws ConformanceError when the page heap fails; ERR_INVALID_OPTION when seed and path lead nowhere */
export function randomRun(make: MakePageHeap, options: RandomRunOptions): void {
  requirePath(options);
  const again = options.path === undefined ? undefined : splitPath(options.path);
  const seed = options.seed ?? randomSeed();
  const which = fc.nat(1000);
  const chunk = fc.oneof(fc.nat(7), fc.nat(chunks - 1));
  const stopAfter = fc.option(fc.nat(3), { nil: undefined, freq: 4 });
  const commands = fc.commands(
    [
      fc.integer({ min: 1, max: 40 }).map(alloc),
      fc.integer({ min: 1, max: 700 }).map(alloc),
      fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 6 * growthPages })).map(alloc),
      fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 20 })).map(([p, n]) => allocCached(p, n)),
      fc.nat(2).map(flushCached),
      which.map((i) => free(i)),
      fc.tuple(which, fc.nat(300), fc.integer({ min: 1, max: 300 })).map(([i, from, n]) => free(i, from, n)),
      fc
        .tuple(fc.integer({ min: 1, max: 200 }), fc.boolean(), stopAfter)
        .map(([n, force, stop]) => release(n, force, stop)),
      fc.tuple(which, fc.integer({ min: -1, max: 1 })).map(([i, more]) => releaseUnused(i, more)),
      fc.nat(20).map(wait),
      fc.constant(null).map(nextGeneration),
      fc.tuple(chunk, fc.integer({ min: 1, max: 6 })).map(([at, most]) => grow(at, most)),
    ],
    {
      maxCommands: 120,
      size: 'max',
      ...(again === undefined ? {} : { replayPath: again.replayPath }),
    },
  );
  const property = fc.property(commands, machines, (cmds, machine) => {
    fc.modelRun(() => ({ model: machine, real: sessionFor(machine, make) }), cmds);
  });
  let details: fc.RunDetails<[Iterable<fc.Command<Machine, Session>>, Machine]>;
  try {
    details = fc.check(property, {
      numRuns: options.runs ?? fullRuns,
      seed,
      ...(again === undefined ? {} : { path: again.path, endOnFailure: true }),
    });
  } catch (cause) {
    // What a page heap throws stands in the details: this is fast-check that does not find the way.
    if (again === undefined) throw cause;
    throw new PageHeapError('ERR_INVALID_OPTION', `option path: leads nowhere with seed ${seed}`, {
      value: options.path,
      option: 'path',
      cause,
    });
  }
  if (!details.failed) return;
  const written = String(details.counterexample?.[0]);
  const left = /replayPath="([^"]*)"/.exec(written)?.[1] ?? '';
  const steps = [written.replace(/ *\/\*.*\*\/$/, '')].filter((text) => text !== '');
  const cause = details.errorInstance;
  const message = cause instanceof ConformanceError ? cause.message : describeThrown(cause);
  throw new ConformanceError(
    `${message}\nagain alone: seed ${seed}, path ${details.counterexamplePath},${left}`,
    cause instanceof ConformanceError ? cause.steps : steps,
    { cause },
  );
}
