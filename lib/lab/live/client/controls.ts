/// <reference lib="dom" />
/**
 * What steers a run: buttons and fields, which show how the run stands, whoever changed it, here or in another window.
 *
 * What is typed stays typed while it is being typed; a field that was not touched shows what counts.
 */

import { byId } from '../../report/client/dom.ts';
import { formatTick } from '../../report/client/format.ts';
import { steerWords } from '../../report/steer-words.ts';
import type { Command, SteerState } from '../../run/steering.ts';
import type { CommandAnswer } from '../live-lines.ts';

/** As lib/lab/run/tempo.ts has them. */
const speeds = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];
const speedWords = (speed: number): string => (speed < 1 ? `1/${1 / speed}×` : `${speed}×`);

type Send = (what: Command['what'], value?: string | number) => Promise<CommandAnswer>;

const button = (id: string): HTMLButtonElement => byId(id) as HTMLButtonElement;
const field = (id: string): HTMLInputElement => byId(id) as HTMLInputElement;

export class Controls {
  readonly #send: Send;
  #state: SteerState | undefined;

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
    } = state;
    button('steer-pause').textContent = paused ? 'Go on' : 'Pause';
    button('steer-step').disabled = !paused;
    button('steer-slower').disabled = speed <= speeds[0];
    button('steer-faster').disabled = speed >= speeds[speeds.length - 1];
    byId('steer-speed').textContent = speedWords(speed);
    this.#fill('gogc', gcPercent < 0 ? 'off' : String(gcPercent), undefined);
    const isOff = memoryLimit === undefined || !Number.isFinite(memoryLimit);
    this.#fill('limit', isOff ? 'off' : formatTick(memoryLimit).replace(' ', ''), whyNoLimit);
    const advice = byId('advice') as HTMLSelectElement;
    advice.value = advise;
    advice.disabled = whyNoAdvise !== undefined;
    advice.title = whyNoAdvise ?? 'How free pages are given back: at once, or when the kernel wants them';
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
      input.blur();
      this.#give(what, input.value.trim());
    });
  }

  #changeSpeed(by: 1 | -1): void {
    const now = speeds.indexOf(this.#state?.speed ?? 1);
    const next = speeds[now + by];
    if (next !== undefined) this.#give('speed', next);
  }

  #give(what: Command['what'], value?: string | number): void {
    const told = byId('live-answer');
    told.classList.remove('bad');
    told.textContent = '…';
    this.#send(what, value).then(({ error, state }) => {
      told.classList.toggle('bad', error !== undefined);
      const did = what === 'step' ? state?.lastStep : undefined;
      told.textContent =
        error ?? `Done: ${did ?? steerWords({ what, ...(value === undefined ? {} : { value }) })}.`;
      // Also after a refusal: a field shows again what counts.
      this.show(state ?? this.#state);
    });
  }
}
