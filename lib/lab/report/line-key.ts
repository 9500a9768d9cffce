/** A piece of a configuration's curve, as the charts of a comparison draw it: beside its name. */
import { curveColour, curveDash, mainWidth } from './client/curve-style.ts';
import { type Html, html } from './html.ts';

export function lineKey(configuration: number): Html {
  return html`<svg class="line-mark" viewBox="0 0 30 8" aria-hidden="true"><line x1="0" x2="30" y1="4" y2="4"
    stroke-width="${mainWidth}" stroke-dasharray="${curveDash(configuration).join(' ')}"
    style="stroke: var(--${curveColour(configuration)})"/></svg>`;
}
