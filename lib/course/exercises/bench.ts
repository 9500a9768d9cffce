/**
 * The bench: a hand-in in its process, and the questions of the checks to it.
 *
 * The hand-in is parsed and made to count before its process exists. Each `fresh` begins a realm in which nothing has
 * happened. A call that throws, or does not end, ends its block; the checks say what that means. Where a limit of units stops
 * it, it is told where they went (spending.ts).
 */
import { PageHeapError } from '../../base/errors.ts';
import { printable } from '../sandbox/printable.ts';
import {
  type Answer,
  type Block,
  type Call,
  isMembers,
  isThrown,
  isUnspeakable,
  type Stopped,
  type Thrown,
  type Value,
} from '../sandbox/protocol.ts';
import {
  callUnits,
  defaultLimits,
  handinUnits,
  type Limits,
  Sandbox,
  SandboxLost,
} from '../sandbox/sandbox.ts';
import { instrument } from '../source/instrument.ts';
import { NoModuleError, type ParsedSource, parseSource, type Refusal } from '../source/parse.ts';
import { exportText, type Shape } from '../source/shape.ts';
import { type LinedSource, Spending } from './spending.ts';

/** Of a processor: for seeing on which line it was over. */
const secondsAgain = 5;

/** A hand-in that may run. */
export interface Handin {
  readonly file: string;
  readonly entry: string;
  readonly modules: Readonly<Record<string, string>>;
  readonly exports: readonly string[];
  readonly shape?: Shape;
  /** What is handed in as it is: of an exercise without code. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Of such texts: those that cannot be taken, and why. */
  readonly faults?: ReadonlyMap<string, string>;
  /** The same, which tells its lines. */
  readonly lined?: LinedSource;
}

export interface HandinSource {
  /** As it is called in messages. */
  readonly file: string;
  readonly text: string;
  readonly entry: string;
  /** The handout's modules by name. */
  readonly modules: Readonly<Record<string, string>>;
  readonly exports: readonly string[];
  /** What the exports are to be: by the stub. */
  readonly shape?: Shape;
}

/** A letter or a name of the hand-in can be in it. */
const printableRefusal = (refusal: Refusal): Refusal => ({ ...refusal, message: printable(refusal.message) });

/** @returns the hand-in; otherwise why it cannot run: what it must not contain, or where it is no module */
export function prepare({
  file,
  text,
  entry,
  modules,
  exports,
  shape = {},
}: HandinSource): Handin | Refusal[] {
  let parsed: ParsedSource;
  try {
    parsed = parseSource(
      text,
      file,
      Object.keys(modules).map((name) => `./${name}`),
    );
  } catch (error) {
    if (error instanceof NoModuleError) return [printableRefusal(error.refusal)];
    throw error;
  }
  if (parsed.refusals.length > 0) return parsed.refusals.map(printableRefusal);
  const modulesOf = (how: 'units' | 'lines') => ({ ...modules, [entry]: instrument(text, parsed, how) });
  const lined: LinedSource = { file: entry, text, entry, exports, modules: () => modulesOf('lines') };
  return { file, entry, exports, shape, modules: modulesOf('units'), lined };
}

/** Nothing more can be asked of a hand-in: `refused` it cannot be loaded, `busy` the machine gave it no time. */
export class HandinOver extends Error {
  readonly why: 'refused' | 'stopped' | 'busy';
  readonly at: string | undefined;

  constructor(why: HandinOver['why'], message: string, at?: string) {
    super(message);
    this.why = why;
    this.at = at;
  }
}

export interface Ran {
  readonly answers: readonly Answer[];
  readonly stopped: Stopped | undefined;
  /** Of all calls, and of telling what they answered. */
  readonly units: number;
}

export class Bench {
  readonly #handin: Handin;
  readonly #limits: Limits | undefined;
  #sandbox: Sandbox | undefined;
  /** Whether the realm may be used again. */
  #sound = false;
  #clear = false;
  /** Units that it may still take. */
  #left = handinUnits;
  readonly #spending = new Spending();
  /** Of calls that took too many units, by where they were stopped: shrinking meets the same ones again and again. */
  readonly #dearest = new Map<string, Awaited<ReturnType<Spending['byLine']>>>();

  constructor(handin: Handin, limits?: Limits) {
    this.#handin = handin;
    this.#limits = limits;
  }

  /** A handed-in text. */
  text(name: string): string | undefined {
    return this.#handin.texts?.get(name);
  }

  /** Why a text that is there cannot be taken. */
  faultOf(name: string): string | undefined {
    return this.#handin.faults?.get(name);
  }

  /** Units of work so far, of all that it may take. */
  get spent(): number {
    return handinUnits - this.#left;
  }

  /** Begins anew in the realm that is there, unless something was stopped in it. @throws HandinOver */
  async again(): Promise<void> {
    if (!this.#sound) return this.fresh();
    this.#clear = true;
    this.#spending.begin();
  }

  /** A realm in which nothing has happened. @throws HandinOver */
  async fresh(): Promise<void> {
    this.#sound = this.#clear = false;
    this.#spending.begin();
    this.#sandbox ??= await this.#started();
    const { modules, entry, exports, shape = {} } = this.#handin;
    const reply = await this.#asking(
      this.#sandbox.ask({ k: 'load', modules, entry, exports, shape, units: callUnits }),
    );
    if (reply.k === 'failed') {
      const place = placeIn(reply.at);
      throw reply.why === 'units'
        ? new HandinOver('refused', `loading it does not end within ${callUnits} units of work`, place)
        : new HandinOver('refused', `it cannot be loaded: ${thrownText(reply.message)}`, place);
    }
    if (reply.k === 'loaded' && reply.missing.length > 0)
      throw new HandinOver(
        'refused',
        reply.missing.map(([name, is]) => lackText(name, is, shape)).join('; '),
      );
    this.#sound = true;
  }

  /** Carries out calls, until the method of `until` answers so, throws, or does not end. @throws HandinOver */
  async run(calls: readonly Call[], until?: Block['until'], units = callUnits): Promise<Ran> {
    if (this.#sandbox === undefined) await this.fresh();
    const sandbox = this.#sandbox as Sandbox;
    const block: Block = {
      calls,
      units,
      total: this.#left,
      ...(this.#clear ? { clear: true } : {}),
      ...(until === undefined ? {} : { until }),
    };
    this.#clear = false;
    const { answers, stopped: halted, units: used } = await this.#running(sandbox, block);
    if (halted !== undefined) this.#sound = false;
    this.#spending.ran(block, answers, halted);
    this.#left -= halted === undefined ? used : Math.max(used, units);
    if (this.#left < 0) {
      const line = await this.#asking(this.#dearestLine(sandbox, 'all'));
      throw new HandinOver(
        'stopped',
        `all its calls together took more than ${handinUnits / 1e6} million units of work: ${this.#spending.byMethod()}${line === undefined ? '' : `; in the program that took most ${line.words}`}`,
        line?.at,
      );
    }
    const stopped = await this.#asking(this.#withDearest(sandbox, block, answers, halted));
    return { answers, stopped, units: used };
  }

  /** Carries out a block. Where the processor time is over, it is told on which line that was. @throws HandinOver */
  async #running(sandbox: Sandbox, block: Block) {
    try {
      return await sandbox.run(block);
    } catch (error) {
      const { lined } = this.#handin;
      if (!(error instanceof SandboxLost) || error.why !== 'cpu' || lined === undefined)
        return this.#asking(Promise.reject(error));
      this.close();
      const names = [...new Set(block.calls.map(([, name]) => name))];
      const calls = names.length === 1 ? `, the last of it in ${names[0]}` : '';
      const line = await this.#slowestLine(lined, block);
      throw new HandinOver(
        'stopped',
        `${error.message}${calls}${line === undefined ? '' : `; ${line.words}`}`,
        line?.at,
      );
    }
  }

  /** In a process of its own, which has few seconds. Undefined where it tells nothing. */
  async #slowestLine(lined: LinedSource, block: Block) {
    const limits = this.#limits ?? defaultLimits;
    const seconds = Math.min(secondsAgain, limits.cpuSeconds);
    const sandbox = new Sandbox({ ...limits, cpuSeconds: 4 * seconds });
    try {
      return await this.#spending.byTime(sandbox, lined, block, seconds);
    } catch (error) {
      if (error instanceof SandboxLost) return undefined;
      throw error;
    } finally {
      sandbox.close();
    }
  }

  /** Bytes that the realm holds. @throws HandinOver */
  async weigh(): Promise<number> {
    if (this.#sandbox === undefined) await this.fresh();
    const block = { calls: [], units: callUnits, total: this.#left, weighed: true } as const;
    return (await this.#asking((this.#sandbox as Sandbox).run(block))).memory ?? 0;
  }

  /** What stopped a call; where it was too much work, with the line that took most. */
  async #withDearest(
    sandbox: Sandbox,
    { calls, units }: Block,
    answers: readonly Answer[],
    stopped: Stopped | undefined,
  ): Promise<Stopped | undefined> {
    const isDear = stopped === undefined && (answers.at(-1)?.[1] ?? 0) > units;
    if (!isDear && stopped?.why !== 'units') return stopped;
    const call = calls[answers.length - (isDear ? 1 : 0)];
    const place = `${call?.[1]} ${placeIn(stopped?.at ?? '')}`;
    if (!this.#dearest.has(place)) this.#dearest.set(place, await this.#dearestLine(sandbox, 'last call'));
    const line = this.#dearest.get(place);
    const { message, at } = stopped ?? { message: '', at: line?.at ?? '' };
    return { why: 'units', message, at, ...(line === undefined ? {} : { where: line.words }) };
  }

  #dearestLine(sandbox: Sandbox, of: 'all' | 'last call') {
    const { lined } = this.#handin;
    this.#sound = false;
    return lined === undefined ? Promise.resolve(undefined) : this.#spending.byLine(sandbox, lined, of);
  }

  close(): void {
    this.#sandbox?.close();
    this.#sandbox = undefined;
  }

  /** A process that was seen to work: where none does, that is no hand-in's fault. @throws PageHeapError ERR_SYSTEM */
  async #started(): Promise<Sandbox> {
    const sandbox = new Sandbox(this.#limits);
    try {
      const probe = { entry: 'probe.mjs', modules: { 'probe.mjs': '' }, exports: [], units: callUnits };
      await sandbox.ask({ k: 'load', ...probe });
      return sandbox;
    } catch (error) {
      if (!(error instanceof SandboxLost)) throw error;
      if (error.why === 'busy') throw new HandinOver('busy', error.message);
      throw new PageHeapError('ERR_SYSTEM', `no process for hand-ins can be started here: ${error.message}`);
    }
  }

  async #asking<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof SandboxLost)) throw error;
      throw new HandinOver(error.why === 'busy' ? 'busy' : 'stopped', error.message);
    }
  }
}

/** What an export has to be, that is not there or is something else. */
function lackText(name: string, is: string, shape: Shape): string {
  const of = shape[name];
  const wanted = of === undefined ? '' : `: it must be \`${exportText(name, of)}\``;
  return is === 'undefined' ? `it does not export ${name}${wanted}` : `its export ${name} is ${is}${wanted}`;
}

/** What was thrown, in words; with the rule where it asked for what Node or a browser would have. */
export function thrownText(message: string): string {
  const name = /^ReferenceError: '?([\w$]+)'? is not defined$/.exec(message)?.[1];
  if (name === undefined || !(name in globalThis || elsewhere.has(name))) return message;
  return `${message}: your code runs in an engine of its own that has the language alone, without ${name} (no clock, no timers, no files, nothing of Node or of a browser)`;
}

/** What other places have that Node does not. */
const elsewhere: ReadonlySet<string> = new Set([
  'require',
  'module',
  'exports',
  '__dirname',
  '__filename',
  'window',
  'document',
  'self',
  'alert',
  'XMLHttpRequest',
  'localStorage',
  'Bun',
  'Deno',
]);

/** The innermost place of a stack that is in a hand-in: `mine.mjs:12`. */
export function placeIn(stack: string): string | undefined {
  for (const [, file = '', line = ''] of stack.matchAll(/\(?([\w.-]+\.mjs):(\d+)(?::\d+)?\)?/g))
    return `${file}:${line}`;
  return undefined;
}

const endless = 'does not end';
const tooDear = 'does too much work';

/** Whether a limit of units is what was wrong, by the cause that `troubleOf` gave. */
export const isOfLimit = ({ cause }: { readonly cause: string }): boolean =>
  cause.includes(endless) || cause.includes(tooDear);

/** How a call ended that did not answer: in words; undefined where it answered. */
export function troubleOf(
  answer: Answer | undefined,
  stopped: Stopped | undefined,
): { readonly cause: string; readonly words: string; readonly at: string | undefined } | undefined {
  const most = stopped?.where === undefined ? '' : `; of its work ${stopped.where}`;
  if (answer === undefined) {
    const at = placeIn(stopped?.at ?? '');
    const where = at === undefined ? '' : ` at ${at}`;
    if (stopped?.why === 'units' || stopped === undefined)
      return {
        cause: `${endless}${where}`,
        words: `no answer within ${callUnits} units of work: it does not end${most}`,
        at,
      };
    return { cause: `${stopped.message}${where}`, words: `no answer: ${stopped.message}`, at };
  }
  const [value, units] = answer;
  if (isThrown(value)) {
    const at = placeIn(value.at);
    if (value.lacks !== undefined)
      return { cause: `fails: ${value.lacks}`, words: `nothing: ${value.x}`, at };
    return {
      cause: `throws ${value.x}${at === undefined ? '' : ` at ${at}`}`,
      words: `threw ${thrownText(value.x)}`,
      at,
    };
  }
  if (units > callUnits)
    return {
      cause: tooDear,
      words: `an answer after ${units} units of work, and ${callUnits} are allowed${most}`,
      at: placeIn(stopped?.at ?? ''),
    };
  return undefined;
}

/** A value as it is told. */
export function shown(value: Value | Thrown | undefined): string {
  if (value === undefined) return 'nothing';
  if (isThrown(value)) return `threw ${value.x}`;
  if (isUnspeakable(value)) return value['!'];
  if (isMembers(value)) {
    const members = Object.entries(value.members).map(([name, member]) => `${name}: ${shown(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  return JSON.stringify(value);
}

/** The free runs that a hand-in's `forEachFree` visited; undefined where they are none. */
export function runsOf(answer: Answer | undefined): { page: number; n: number }[] | undefined {
  if (answer === undefined || isThrown(answer[0])) return undefined;
  const visits = answer[2] ?? [];
  if ('!' in visits) return undefined;
  const runs: { page: number; n: number }[] = [];
  for (const [page, n] of visits) {
    if (typeof page !== 'number' || typeof n !== 'number') return undefined;
    runs.push({ page, n });
  }
  return runs;
}

/** What is no run among what `forEachFree` visited, in words. */
export function strangeVisit(answer: Answer | undefined): string {
  const visits = answer?.[2] ?? [];
  if ('!' in visits) return visits['!'];
  const strange = visits.find(([page, n]) => typeof page !== 'number' || typeof n !== 'number') ?? [];
  return `visit(${strange.slice(0, 4).map(shown).join(', ')})`;
}

/** @throws PageHeapError ERR_INVALID_ARGUMENT */
export function requireNumber(value: number | string | undefined, name: string): number {
  if (typeof value !== 'number')
    throw new PageHeapError('ERR_INVALID_ARGUMENT', `the variant has no ${name}`);
  return value;
}
