/// <reference lib="dom" />
/**
 * The few things the page's program needs of the document: elements, colours, and a redraw when the
 * colours change.
 *
 * Colours live in the style sheet as custom properties and nowhere else; canvases read them when they
 * draw. The page is printed in its light colours at the width of paper: `onAppearance` callbacks run
 * before and after printing and when the system's colour scheme changes. While it prints, canvases are twice as dense.
 */

export type Child = Node | string;

/** A new element with properties and children. Text is text, never HTML. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A piece of a curve as it is drawn: its colour (a custom property of the style sheet), width and dash. */
export function lineMark(name: string, width: number, dash: readonly number[] = []): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const mark = document.createElementNS(space, 'svg');
  const line = document.createElementNS(space, 'line');
  const attributes = {
    x1: 0,
    x2: 30,
    y1: 4,
    y2: 4,
    'stroke-width': width,
    'stroke-dasharray': dash.join(' '),
  };
  for (const [attribute, value] of Object.entries(attributes)) line.setAttribute(attribute, String(value));
  line.style.stroke = `var(--${name})`;
  mark.setAttribute('class', 'line-mark');
  mark.setAttribute('viewBox', '0 0 30 8');
  mark.setAttribute('aria-hidden', 'true');
  mark.append(line);
  return mark;
}

/** The element of an id that the page is sure to have. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`the page has no element ${id}`);
  }
  return element;
}

/** A colour of the style sheet: `colour('in-use')` reads --in-use. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A colour of the style sheet as red, green and blue; it must be written #rrggbb there. */
export function rgb(name: string): readonly [number, number, number] {
  const word = Number.parseInt(colour(name).slice(1), 16);
  return [word >> 16, (word >> 8) & 255, word & 255];
}

let isPrinting = false;

/** Canvas pixels a CSS pixel. */
export function canvasDensity(): number {
  const density = window.devicePixelRatio || 1;
  return isPrinting ? Math.max(2, density) : density;
}

/** Gives a canvas a size in CSS pixels at the screen's density, cleared, and returns its context. */
export function sizeCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D {
  const density = canvasDensity();
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new Error('the browser gives no canvas');
  }
  context.setTransform(density, 0, 0, density, 0, 0);
  return context;
}

/** CSS pixels across a sheet of A4 or Letter between usual margins: what is drawn so wide keeps its sizes on paper. */
export const paperWidth = 720;

/** Runs when colours change: `printing` while the page is being printed. */
export function onAppearance(changed: (printing: boolean) => void): void {
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => changed(false));
  window.addEventListener('beforeprint', () => {
    isPrinting = true;
    document.documentElement.dataset.theme = 'print';
    changed(true);
  });
  window.addEventListener('afterprint', () => {
    isPrinting = false;
    delete document.documentElement.dataset.theme;
    changed(false);
  });
}

/** Runs with an element's width now and whenever it changes. */
export function onWidth(element: HTMLElement, changed: (width: number) => void): void {
  let former = 0;
  new ResizeObserver(() => {
    const width = Math.floor(element.clientWidth);
    if (width > 0 && width !== former) {
      former = width;
      changed(width);
    }
  }).observe(element);
}
