/// <reference lib="dom" />
/**
 * A canvas context that writes SVG: what draws over a chart's canvas draws into a picture of it as well.
 *
 * It has what the charts' decorations use: rectangles, paths of straight lines, text, dashes, transparency, and a
 * stack of states. Texts are measured by a canvas.
 */
import { make } from './dom.ts';

const entitiesOfSvg: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text for SVG; characters that XML does not allow are left out. */
export function svgText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML does not allow
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replace(/[&<>"]/g, (char) => entitiesOfSvg[char])
  );
}

/** A number as short as a picture needs it. */
export function svgNumber(n: number): string {
  return String(Math.round(n * 100) / 100);
}

interface InkState {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  lineJoin: string;
  lineCap: string;
  font: string;
  textAlign: string;
  textBaseline: string;
  globalAlpha: number;
  dash: readonly number[];
}

const initialInk: InkState = {
  fillStyle: '#000000',
  strokeStyle: '#000000',
  lineWidth: 1,
  lineJoin: 'miter',
  lineCap: 'butt',
  font: '10px sans-serif',
  textAlign: 'start',
  textBaseline: 'alphabetic',
  globalAlpha: 1,
  dash: [],
};

const anchors: Readonly<Record<string, string>> = { right: 'end', end: 'end', center: 'middle' };
/** How far below the given height a text's baseline lies, in its size. */
const baselines: Readonly<Record<string, number>> = { top: 0.8, hanging: 0.8, middle: 0.34, bottom: -0.2 };

export class SvgContext {
  readonly parts: string[] = [];
  readonly #measure = make('canvas').getContext('2d');
  readonly #states: InkState[] = [];
  #ink: InkState = { ...initialInk };
  #path = '';

  set fillStyle(ink: string) {
    this.#ink.fillStyle = ink;
  }
  set strokeStyle(ink: string) {
    this.#ink.strokeStyle = ink;
  }
  set lineWidth(width: number) {
    this.#ink.lineWidth = width;
  }
  set lineJoin(join: string) {
    this.#ink.lineJoin = join;
  }
  set lineCap(cap: string) {
    this.#ink.lineCap = cap;
  }
  set font(font: string) {
    this.#ink.font = font;
  }
  set textAlign(align: string) {
    this.#ink.textAlign = align;
  }
  set textBaseline(baseline: string) {
    this.#ink.textBaseline = baseline;
  }
  set globalAlpha(alpha: number) {
    this.#ink.globalAlpha = alpha;
  }

  save(): void {
    this.#states.push({ ...this.#ink });
  }
  restore(): void {
    this.#ink = this.#states.pop() ?? this.#ink;
  }
  setLineDash(dash: readonly number[]): void {
    this.#ink.dash = [...dash];
  }

  beginPath(): void {
    this.#path = '';
  }
  moveTo(x: number, y: number): void {
    this.#path += `M${svgNumber(x)} ${svgNumber(y)}`;
  }
  lineTo(x: number, y: number): void {
    this.#path += `L${svgNumber(x)} ${svgNumber(y)}`;
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.#path += `M${svgNumber(x)} ${svgNumber(y)}h${svgNumber(width)}v${svgNumber(height)}h${svgNumber(-width)}z`;
  }
  closePath(): void {
    this.#path += 'z';
  }
  fill(): void {
    this.#add(`<path d="${this.#path}" ${this.#filled()}/>`);
  }
  stroke(): void {
    this.#add(`<path d="${this.#path}" fill="none" ${this.#stroked()}/>`);
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.#add(`<rect ${this.#box(x, y, width, height)} ${this.#filled()}/>`);
  }
  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#add(`<rect ${this.#box(x, y, width, height)} fill="none" ${this.#stroked()}/>`);
  }

  measureText(text: string): { readonly width: number } {
    if (this.#measure === null) return { width: text.length * this.#size() * 0.6 };
    this.#measure.font = this.#ink.font;
    return { width: this.#measure.measureText(text).width };
  }
  fillText(text: string, x: number, y: number): void {
    const { textAlign, textBaseline, font } = this.#ink;
    const size = this.#size();
    const family = /px (.*)$/.exec(font)?.[1] ?? 'sans-serif';
    const weight = /\b(bold|[1-9]00)\b/.exec(font)?.[1];
    const baseline = y + (baselines[textBaseline] ?? 0) * size;
    this.#add(
      `<text x="${svgNumber(x)}" y="${svgNumber(baseline)}" font-family="${svgText(family)}" font-size="${svgNumber(size)}"` +
        `${weight === undefined ? '' : ` font-weight="${weight}"`} text-anchor="${anchors[textAlign] ?? 'start'}" ` +
        `${this.#filled()}>${svgText(text)}</text>`,
    );
  }

  /** What was drawn. */
  get markup(): string {
    return this.parts.join('\n');
  }

  #size(): number {
    return Number(/([\d.]+)px/.exec(this.#ink.font)?.[1] ?? 10);
  }
  #box(x: number, y: number, width: number, height: number): string {
    const left = Math.min(x, x + width);
    const top = Math.min(y, y + height);
    return `x="${svgNumber(left)}" y="${svgNumber(top)}" width="${svgNumber(Math.abs(width))}" height="${svgNumber(Math.abs(height))}"`;
  }
  #filled(): string {
    return `fill="${svgText(this.#ink.fillStyle)}"${this.#alpha()}`;
  }
  #stroked(): string {
    const { strokeStyle, lineWidth, lineJoin, lineCap, dash } = this.#ink;
    const dashes = dash.length === 0 ? '' : ` stroke-dasharray="${dash.map(svgNumber).join(' ')}"`;
    return `stroke="${svgText(strokeStyle)}" stroke-width="${svgNumber(lineWidth)}" stroke-linejoin="${lineJoin}" stroke-linecap="${lineCap}"${dashes}${this.#alpha()}`;
  }
  #alpha(): string {
    const { globalAlpha } = this.#ink;
    return globalAlpha === 1 ? '' : ` opacity="${svgNumber(globalAlpha)}"`;
  }
  #add(part: string): void {
    this.parts.push(part);
  }
}
