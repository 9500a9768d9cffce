/**
 * Where the work of a hand-in went: by method, which its answers tell; by line, which takes its calls once more.
 *
 * Lines are told by a source that costs the same and takes longer (source/instrument.ts). So they are asked for where a limit
 * stopped something only: the program that took most is played again, as far as a bound, or the one call that was too
 * much. Both count units, so they tell the same on every machine.
 *
 * Where what stopped it was the processor time, which no count foresaw, its units say nothing: then the same calls are carried out
 * again for a few seconds, and the line is told that took most of them.
 */
import { printable } from '../sandbox/printable.ts';
import { type Answer, type Block, isThrown, type LineUnits, type Stopped } from '../sandbox/protocol.ts';
import { callUnits, type Sandbox } from '../sandbox/sandbox.ts';

/** Units that are done again to see on which lines they are. */
const mostAgain = 3_000_000;
const longestLine = 60;

/** What a hand-in is that tells its lines. */
export interface LinedSource {
  readonly file: string;
  readonly text: string;
  readonly modules: () => Readonly<Record<string, string>>;
  readonly entry: string;
  readonly exports: readonly string[];
}

const percent = (part: number, of: number): string => `${Math.round((100 * part) / Math.max(1, of))} %`;

const nameOf = ([what, name]: Block['calls'][number]): string => (what === 'new' ? `new ${name}` : name);

/** The line that has most, and its share of what is on lines. */
function mostOf(told: readonly LineUnits[]): { readonly line: number; readonly share: string } | undefined {
  const lines = told.filter(([line]) => line > 0);
  const [line, units] = lines.reduce<LineUnits>((most, one) => (one[1] > most[1] ? one : most), [0, 0]);
  const all = lines.reduce((sum, [, n]) => sum + n, 0);
  return line === 0 ? undefined : { line, share: percent(units, all) };
}

function sourceAt(text: string, line: number): string {
  const source = printable(text.split('\n')[line - 1]?.trim() ?? '');
  return source.length > longestLine ? `${source.slice(0, longestLine)}…` : source;
}

/** What was called from one `begin` to the next. */
interface Program {
  readonly blocks: Block[];
  units: number;
  calls: number;
}

export class Spending {
  readonly #methods = new Map<string, { units: number; calls: number }>();
  /** Of the program that is played now. */
  #here: Program = { blocks: [], units: 0, calls: 0 };
  /** The one that took most, of those before. */
  #dearest: Program = this.#here;
  #calls = 0;

  /** The objects that were made are forgotten: another program begins. */
  begin(): void {
    if (this.#here.units > this.#dearest.units) this.#dearest = this.#here;
    this.#here = { blocks: [], units: 0, calls: 0 };
  }

  /** What came of a block. */
  ran(block: Block, answers: readonly Answer[], stopped: Stopped | undefined): void {
    const here = this.#here;
    here.blocks.push(block);
    for (const [i, call] of block.calls.entries()) {
      const answer = answers[i];
      const isLast = i === answers.length;
      if (answer === undefined && !(isLast && stopped !== undefined)) break;
      const units = answer?.[1] ?? block.units;
      const of = this.#methods.get(nameOf(call)) ?? { units: 0, calls: 0 };
      of.units += units;
      of.calls++;
      this.#methods.set(nameOf(call), of);
      this.#calls++;
      here.units += units;
      here.calls++;
    }
  }

  /** The methods that took most, and how far the calls had come. */
  byMethod(): string {
    const list = [...this.#methods].sort(([, a], [, b]) => b.units - a.units);
    const all = list.reduce((sum, [, { units }]) => sum + units, 0);
    const [first, second] = list.map(
      ([name, { units, calls }]) => `${percent(units, all)} in ${calls} calls of ${name}`,
    );
    const isWorth = (list[1]?.[1].units ?? 0) >= all / 20;
    const most = isWorth ? `${first}, ${second}` : `${first}`;
    return `${most}; stopped after ${this.#calls} calls, ${this.#here.calls} of them in this program`;
  }

  /**
   * The line that took most, of all calls of the program that took most, or of the last call alone. The realm is another one
   * afterwards. Undefined where nothing was told.
   * @throws SandboxLost
   */
  async byLine(
    sandbox: Sandbox,
    { file, text, modules, entry, exports }: LinedSource,
    of: 'all' | 'last call',
  ): Promise<{ readonly at: string; readonly words: string } | undefined> {
    const { blocks } = of === 'all' && this.#dearest.units > this.#here.units ? this.#dearest : this.#here;
    const loaded = await sandbox.ask({ k: 'load', modules: modules(), entry, exports, units: callUnits });
    if (loaded.k !== 'loaded') return undefined;
    let left = of === 'all' ? mostAgain : Number.MAX_SAFE_INTEGER;
    for (const [i, block] of blocks.entries()) {
      const isLast = i === blocks.length - 1;
      const again: Block = {
        ...block,
        total: Math.min(left, block.total),
        ...(of === 'last call' && isLast ? { lastLines: true } : {}),
      };
      const { answers, stopped, units } = await sandbox.run(again);
      left -= units;
      if (left <= 0 || stopped !== undefined || answers.some(([value]) => isThrown(value))) break;
    }
    const reply = await sandbox.ask({ k: 'lines' });
    if (reply.k !== 'lines') return undefined;
    const most = mostOf(reply.lines);
    if (most === undefined) return undefined;
    const { line, share } = most;
    return { at: `${file}:${line}`, words: `${share} at ${file}:${line}, \`${sourceAt(text, line)}\`` };
  }

  /**
   * The line that took most time, of all that was called since the last `begin` and of the block in which the time was over.
   * @param seconds of a processor, for all of it
   * @throws SandboxLost
   */
  async byTime(
    sandbox: Sandbox,
    { file, text, modules, entry, exports }: LinedSource,
    last: Block,
    seconds: number,
  ): Promise<{ readonly at: string; readonly words: string } | undefined> {
    const loaded = await sandbox.ask({ k: 'load', modules: modules(), entry, exports, units: callUnits });
    if (loaded.k !== 'loaded') return undefined;
    const all = new Map<number, number>();
    let left = 1000 * seconds;
    for (const block of [...this.#here.blocks, last]) {
      const { answers, stopped, times = [] } = await sandbox.run({ ...block, seconds: left / 1000 });
      for (const [line, ms] of times) {
        all.set(line, (all.get(line) ?? 0) + ms);
        left -= ms;
      }
      if (left <= 0 || stopped !== undefined || answers.some(([value]) => isThrown(value))) break;
    }
    const most = mostOf([...all]);
    if (most === undefined) return undefined;
    const { line } = most;
    return { at: `${file}:${line}`, words: `most of it at ${file}:${line}, \`${sourceAt(text, line)}\`` };
  }
}
