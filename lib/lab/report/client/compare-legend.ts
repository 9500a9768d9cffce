/// <reference lib="dom" />
/**
 * The legend of a comparison: one for all charts. A chip for each configuration shows and hides all its curves
 * everywhere; one box does so for the repetitions. The chip that is pointed at, or has the focus, is told of.
 */
import { curveColour, curveDash, mainWidth } from './curve-style.ts';
import { byId, lineMark, make } from './dom.ts';

export interface LegendChoice {
  /** By configuration. */
  readonly shown: readonly boolean[];
  readonly repetitions: boolean;
  /** The configuration whose chip is pointed at; −1: none. */
  readonly pointed: number;
}

/** Fills the element `legend`; `changed` is called when curves are to be shown or hidden, `pointed` for a chip. */
export function makeLegend(
  labels: readonly string[],
  repetitions: { readonly some: boolean; readonly shown: boolean },
  on: { readonly changed: (choice: LegendChoice) => void; readonly pointed: (choice: LegendChoice) => void },
): LegendChoice {
  const host = byId('legend');
  let choice: LegendChoice = { shown: labels.map(() => true), repetitions: repetitions.shown, pointed: -1 };
  labels.forEach((label, i) => {
    const mark = lineMark(curveColour(i), mainWidth, curveDash(i));
    const chip = make('button', { type: 'button', 'aria-pressed': 'true', title: label }, mark);
    chip.append(make('span', {}, label));
    chip.addEventListener('click', () => {
      const shown = choice.shown.map((is, at) => (at === i ? !is : is));
      choice = { ...choice, shown };
      chip.setAttribute('aria-pressed', String(shown[i]));
      on.changed(choice);
    });
    const point = (at: number): void => {
      choice = { ...choice, pointed: at };
      on.pointed(choice);
    };
    for (const name of ['pointerenter', 'focus']) chip.addEventListener(name, () => point(i));
    for (const name of ['pointerleave', 'blur']) chip.addEventListener(name, () => point(-1));
    host.append(chip);
  });
  if (repetitions.some) {
    const box = make('input', { type: 'checkbox', id: 'repetitions' });
    box.checked = repetitions.shown;
    box.addEventListener('change', () => {
      choice = { ...choice, repetitions: box.checked };
      on.changed(choice);
    });
    host.append(make('label', {}, box, ' repetitions'));
  }
  return choice;
}
