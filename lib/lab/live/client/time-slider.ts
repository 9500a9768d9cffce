/// <reference lib="dom" />
/**
 * The slider over a run's time. It follows the run, or stands at a moment that was; of a run that is over it can play.
 */
import { byId } from '../../report/client/dom.ts';
import { formatTime } from '../../report/client/format.ts';

/** So near the end counts as the end. */
const nearEnd = 0.999;

export class TimeSlider {
  readonly #slider = byId('live-moment') as HTMLInputElement;
  readonly #changed: () => void;
  #length = 0;
  #t = 0;
  #follows = true;
  #playing: number | undefined;

  /** @param changed another moment is shown */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#slider.addEventListener('input', () => {
      const t = Number(this.#slider.value) * this.#length;
      this.#stop();
      this.#go(t, Number(this.#slider.value) > nearEnd);
    });
    byId('live-now').addEventListener('click', () => {
      this.#stop();
      this.#go(this.#length, true);
    });
    byId('live-play').addEventListener('click', () => {
      if (this.#playing !== undefined) this.#stop();
      else this.#play();
    });
    this.#show();
  }

  /** Whether it shows the run as it is now. */
  get follows(): boolean {
    return this.#follows;
  }

  /** The moment that is shown, milliseconds of the run's time. */
  get time(): number {
    return this.#follows ? this.#length : this.#t;
  }

  /** The run is that long by now. */
  reach(length: number): void {
    this.#length = length;
    this.#show();
  }

  /** Whether the run can be played: nothing comes any more. */
  offerPlay(is: boolean): void {
    if (!is) this.#stop();
    byId('live-play').hidden = !is;
    byId('live-rate').hidden = !is;
    byId('live-now').textContent = is ? 'End' : 'Now';
  }

  #go(t: number, follows: boolean): void {
    this.#t = t;
    this.#follows = follows;
    this.#show();
    this.#changed();
  }

  #play(): void {
    let former: number | undefined;
    let t = this.#follows || this.#t >= this.#length * nearEnd ? 0 : this.#t;
    const step = (now: number): void => {
      const rate = Number((byId('live-rate') as HTMLSelectElement).value);
      t += (now - (former ?? now)) * rate;
      former = now;
      if (t >= this.#length) {
        this.#stop();
        this.#go(this.#length, true);
        return;
      }
      this.#go(t, false);
      this.#playing = requestAnimationFrame(step);
    };
    this.#playing = requestAnimationFrame(step);
    byId('live-play').textContent = '❚❚ Stop';
  }

  #stop(): void {
    if (this.#playing !== undefined) cancelAnimationFrame(this.#playing);
    this.#playing = undefined;
    byId('live-play').textContent = '▶ Play';
  }

  #show(): void {
    const share = this.#length === 0 ? 1 : this.time / this.#length;
    this.#slider.value = String(share);
    const words = formatTime(this.time);
    this.#slider.setAttribute('aria-valuetext', words);
    byId('live-at').textContent = words;
    byId('live-now').setAttribute('aria-pressed', String(this.#follows));
  }
}
