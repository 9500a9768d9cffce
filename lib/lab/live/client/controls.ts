/// <reference lib="dom" />
/**
 * What steers a run: buttons and fields, which show how the run stands, whoever changed it, here or in another window.
 *
 * What is typed stays typed while it is being typed; a field that was not touched shows what counts.
 */

import { byId } from '../../report/client/dom.ts';
import { speedWords, steerWords } from '../../report/steer-words.ts';
import type { Command, SteerState } from '../../run/steering.ts';
import type { CommandAnswer } from '../live-lines.ts';

/** As lib/lab/run/tempo.ts has them. */
const speeds = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];

type Send = (what: Command['what'], value?: string | number) => Promise<CommandAnswer>;

const units = ['TiB', 'GiB', 'MiB', 'KiB'] as const;

/** A limit as it can be typed again: to the byte, in the largest unit of which it is a whole number. */
export function limitText(bytes: number | null | undefined): string {
  if (bytes === undefined || bytes === null || !Number.isFinite(bytes)) return 'off';
  const unit = units.findIndex((_, i) => bytes % 1024 ** (units.length - i) === 0);
  return unit < 0 || bytes === 0 ? String(bytes) : `${bytes / 1024 ** (units.length - unit)}${units[unit]}`;
}

const percentText = (percent: number): string => (percent < 0 ? 'off' : String(percent));

/** What a command is shown with when it is done: what counts now, whatever was typed. */
function whatCounts(command: string, typed: string | number | undefined, state: SteerState | undefined) {
  if (command === 'gcPercent' && state?.gcPercent !== undefined)
    return state.gcPercent < 0 ? 'off' : state.gcPercent;
  // JSON has no Infinity: it comes as null.
  if (command === 'memoryLimit' && state !== undefined) return state.memoryLimit ?? 'off';
  return typed;
}

const button = (id: string): HTMLButtonElement => byId(id) as HTMLButtonElement;
const field = (id: string): HTMLInputElement => byId(id) as HTMLInputElement;

export class Controls {
  readonly #send: Send;
  #state: SteerState | undefined;
  /** What buttons say of themselves where nothing keeps them from it. */
  readonly #titles: Record<string, string> = {};

  constructor(send: Send) {
    this.#send = send;
    const press = (id: string, act: () => void): void => button(id).addEventListener('click', act);
    press('steer-pause', () => this.#give(this.#state?.paused === true ? 'resume' : 'pause'));
    press('steer-step', () => this.#give('step', 1));
    press('steer-gc', () => this.#give('gc'));
    press('steer-free', () => this.#give('freeOSMemory'));
    press('steer-slower', () => this.#changeSpeed(-1));
    press('steer-faster', () => this.#changeSpeed(1));
    this.#wire('gogc', 'gcPercent');
    this.#wire('limit', 'memoryLimit');
    const advice = byId('advice') as HTMLSelectElement;
    advice.addEventListener('change', () => this.#give('advise', advice.value));
  }

  /** Shows how the run stands; undefined: it cannot be steered any more. */
  show(state: SteerState | undefined): void {
    this.#state = state;
    for (const id of ['live-hold', 'live-controls']) byId(id).hidden = state === undefined;
    if (state === undefined) return;
    const {
      paused,
      speed,
      gcPercent = 100,
      memoryLimit,
      advise = 'dontneed',
      whyNoLimit,
      whyNoAdvise,
      whyNoCollection,
    } = state;
    button('steer-pause').textContent = paused ? 'Go on' : 'Pause';
    button('steer-step').disabled = !paused;
    button('steer-slower').disabled = speed <= speeds[0];
    button('steer-faster').disabled = speed >= speeds[speeds.length - 1];
    byId('steer-speed').textContent = speedWords(speed);
    for (const id of ['steer-gc', 'steer-free']) {
      button(id).disabled = whyNoCollection !== undefined;
      this.#titles[id] ??= button(id).title;
      button(id).title = whyNoCollection ?? this.#titles[id];
    }
    this.#fill('gogc', percentText(gcPercent), whyNoCollection);
    this.#fill('limit', limitText(memoryLimit), whyNoLimit);
    const advice = byId('advice') as HTMLSelectElement;
    advice.value = advise;
    advice.disabled = whyNoAdvise !== undefined;
    advice.title = whyNoAdvise ?? 'How free pages are given back: at once, or when the kernel wants them';
  }

  /** Whether the run can be reached: without a connection nothing can be pressed. */
  reach(is: boolean): void {
    for (const id of ['live-hold', 'live-controls']) byId(id).inert = !is;
  }

  #fill(id: string, value: string, whyNot: string | undefined): void {
    const input = field(id);
    input.disabled = whyNot !== undefined;
    input.title = whyNot ?? '';
    for (const set of input.form?.querySelectorAll('button') ?? []) set.disabled = whyNot !== undefined;
    if (document.activeElement !== input) input.value = value;
  }

  #wire(id: string, what: 'gcPercent' | 'memoryLimit'): void {
    const input = field(id);
    input.form?.addEventListener('submit', (event) => {
      event.preventDefault();
      const typed = input.value;
      input.blur();
      this.#give(what, typed.trim()).then((done) => {
        const active = document.activeElement;
        if (done || active instanceof HTMLInputElement || active instanceof HTMLSelectElement) return;
        // What was refused is there to be mended.
        input.value = typed;
        input.focus();
      });
    });
  }

  #changeSpeed(by: 1 | -1): void {
    const now = speeds.indexOf(this.#state?.speed ?? 1);
    const next = speeds[now + by];
    if (next !== undefined) this.#give('speed', next);
  }

  /** @returns whether it was done */
  async #give(what: Command['what'], value?: string | number): Promise<boolean> {
    const told = byId('live-answer');
    told.classList.remove('bad');
    told.textContent = '…';
    const { error, state } = await this.#send(what, value);
    told.classList.toggle('bad', error !== undefined);
    const did = what === 'step' ? state?.lastStep : undefined;
    const now = whatCounts(what, value, state);
    told.textContent =
      error ?? `Done: ${did ?? steerWords({ what, ...(now === undefined ? {} : { value: now }) })}.`;
    // Also after a refusal: a field shows again what counts.
    this.show(state ?? this.#state);
    return error === undefined;
  }
}
