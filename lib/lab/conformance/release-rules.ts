/**
 * What a page heap may give back: every `host.release` of a session, held against the call it came from.
 *
 * Only when asked; each piece only while less than asked was released; beyond that only a whole free run, as
 * forEachFree told of it when the call began, or down to the start of a huge page; whole physical pages; by age
 * nothing that is younger.
 *
 * Not here: what the page state must be afterwards (page-state-rules.ts).
 */
import { describe } from '../../base/describe.ts';
import { isCount } from './calls.ts';
import { countOf, isFree, isHeld, type PageModel } from './page-model.ts';
import type { PageStateRules } from './page-state-rules.ts';
import { inPages, type Steps } from './steps.ts';

export const pageBytes = 8192;
/** Pages of a huge page: by fewer than that a release may exceed what was asked, to spare one. */
const hugePages = 256;

/** What a call asks that may release. */
interface Asked {
  /** Pages; for a release by age everything. */
  readonly pages: number;
  /** By age: what is unused for no longer than this stays. */
  readonly limit: number;
  /** How often `shouldStop` is answered false; undefined: it is not handed over. */
  readonly stopAfter: number | undefined;
}

/** A call that may release, while it goes on. */
interface Releasing extends Asked {
  /** The whole physical pages of each free run, as first page and pages. */
  readonly runs: readonly (readonly [page: number, n: number])[];
  readonly now: number;
  asks: number;
  askedSincePiece: boolean;
}

export class ReleaseRules {
  readonly #steps: Steps;
  readonly #model: PageModel;
  readonly #states: PageStateRules;
  readonly #physPages: number;
  /** What the host was told in the call that is going on: runs, and pages newly released. */
  pieces = 0;
  #calls = 0;
  #newly = 0;
  #releasing: Releasing | undefined;

  constructor(steps: Steps, model: PageModel, states: PageStateRules, physPages: number) {
    this.#steps = steps;
    this.#model = model;
    this.#states = states;
    this.#physPages = physPages;
  }

  /** Any call begins. */
  beginCall(): void {
    this.pieces = 0;
    this.#calls = 0;
    this.#newly = 0;
  }

  /** A call that may release begins. Answers its `shouldStop`, and whether that has said true. */
  begin(asked: Asked, now: number): { shouldStop: () => boolean; stopped: () => boolean } {
    const runs = this.#states.runs().map(({ page, n }) => this.#wholePhysical(page, n));
    const releasing: Releasing = { ...asked, runs, now, asks: 0, askedSincePiece: true };
    const { stopAfter } = asked;
    this.#releasing = releasing;
    return {
      shouldStop: () => {
        releasing.askedSincePiece = true;
        return releasing.asks++ >= (stopAfter ?? 0);
      },
      stopped: () => stopAfter !== undefined && releasing.asks > stopAfter,
    };
  }

  /** The call ends with an answer. The pages of it. */
  end(call: string, answer: unknown): number {
    this.#releasing = undefined;
    const right = this.#newly * pageBytes;
    if (typeof answer !== 'number' || Number.isNaN(answer))
      return this.#steps.fail(
        `${call} answered ${describe(answer)}, and must answer the bytes it gave back: ${right}`,
      );
    const pages = answer / pageBytes;
    // Putting released runs together may release a physical page across their border, which nobody asked for.
    const across = this.#physPages === 1 ? 0 : this.pieces * this.#physPages;
    this.#steps.require(
      Number.isInteger(pages) && pages <= this.#newly && pages >= this.#newly - across,
      `${call} answered ${answer} bytes, ${inPages(pages)}, and told the host of ${this.#newly}`,
    );
    return pages;
  }

  /** The host is told. */
  released(page: number, n: number, newly: number): void {
    const model = this.#model;
    const releasing = this.#releasing;
    const physPages = this.#physPages;
    const steps = this.#steps;
    const told = [page, n, newly].map(describe);
    steps.note(`  host.release ${told[0]} ${told[1]}, ${told[2]} newly`);
    const call = `host.release(${told.join(', ')})`;
    // Each piece is of a page that no piece before it had, but where released ones are put together.
    if (++this.#calls > 4 * model.free + 16)
      steps.fail(
        `${steps.lastCall} goes on calling host.release: ${this.#calls} times, and ${model.free} pages are free`,
      );
    if (!isCount(page) || !isCount(n, 1) || !isCount(newly) || newly > n)
      steps.fail(`${call} makes no sense: a page, pages from 1 on, and how many of them newly`);
    for (let p = page; p < page + n; p++) {
      if (model.state[p] === isFree) continue;
      const truth =
        model.state[p] === isHeld
          ? `${steps.change(model.changedBy[p] ?? 0)} handed it out`
          : 'it was never grown';
      steps.fail(`${call} gives page ${p} back, and ${truth}`);
    }
    steps.require(
      page % physPages === 0 && n % physPages === 0,
      `${call} gives back parts of physical pages, which are of ${physPages} pages`,
    );
    if (newly > 0 && releasing === undefined && physPages === 1)
      steps.fail(`${steps.lastCall} called ${call}, and only release and releaseUnused may give memory back`);
    if (releasing !== undefined) this.#holdPiece(releasing, page, n, newly, call);
    this.pieces++;
    this.#newly += newly;
    this.#states.scavenged += newly;
    model.release(page, n);
  }

  /** Holds a piece of a release against what was asked for. */
  #holdPiece(releasing: Releasing, page: number, n: number, newly: number, call: string): void {
    const model = this.#model;
    const steps = this.#steps;
    const physPages = this.#physPages;
    const { stopAfter } = releasing;
    const { exact } = this.#states;
    const there = n - countOf(exact ? model.counted : model.hollow, page, page + n);
    steps.require(
      exact ? newly === there : newly >= there,
      `${call} says ${newly} newly, and ${there} of these pages had not been given back`,
    );
    // Released runs that were put together are released again whole, which is no piece of its own.
    if (newly === 0 || (physPages > 1 && newly < n)) return;
    if (stopAfter !== undefined) {
      steps.require(releasing.asks <= stopAfter, `${call}: shouldStop had said true`);
      steps.require(releasing.askedSincePiece, `${call}: shouldStop was not asked after the piece before`);
      releasing.askedSincePiece = false;
    }
    this.#holdAmount(releasing, page, n, newly, call);
    if (physPages === 1) this.#holdYouth(releasing, page, n, call);
  }

  #holdAmount({ pages, runs }: Releasing, page: number, n: number, newly: number, call: string): void {
    const steps = this.#steps;
    const physPages = this.#physPages;
    const left = pages - this.#newly;
    steps.require(
      left > 0,
      `${call}: ${inPages(pages)} ${pages === 1 ? 'was' : 'were'} asked for, and ${this.#newly} released already`,
    );
    const wanted = Math.ceil(left / physPages) * physPages;
    const downToHuge = page % hugePages === 0 && newly - wanted < hugePages;
    if (newly <= wanted || downToHuge || runs.some(([first, all]) => first === page && all === n)) return;
    const told = runs
      .filter(([first, all]) => first < page + n && first + all > page)
      .map(([first, all]) => `${first}, ${inPages(all)}`);
    steps.fail(
      `${call}: ${inPages(left)} ${left === 1 ? 'was' : 'were'} wanted, and this goes neither down to a huge page nor is it ` +
        `a whole run as forEachFree told of it${physPages === 1 ? '' : ', in whole physical pages'}: ${told.length === 1 ? 'the run at' : 'the runs at'} ${told.slice(0, 4).join('; at ')}${told.length > 4 ? ` and ${told.length - 4} more` : ''}`,
    );
  }

  #holdYouth({ limit, now }: Releasing, page: number, n: number, call: string): void {
    const model = this.#model;
    if (limit < 0) return;
    for (let p = page; p < page + n; p++) {
      const unused = now - (model.freedAt[p] ?? 0);
      if (model.counted[p] === 0 && unused <= limit)
        this.#steps.fail(`${call}: page ${p} is unused for ${unused}, no longer than ${limit}`);
    }
  }

  /** The whole physical pages in a run: the first page, and how many pages. */
  #wholePhysical(page: number, n: number): [number, number] {
    const phys = this.#physPages;
    const first = Math.ceil(page / phys) * phys;
    return [first, Math.max(0, Math.floor((page + n) / phys) * phys - first)];
  }
}
