/// <reference lib="dom" />
/**
 * A chart on paper: while the page is printed, its picture (chart-svg.ts) stands in the canvas's place, as wide as
 * the sheet, whatever that is, and sharp.
 */

/** Puts a picture in the place of a chart's canvas, or takes it away again. */
export function showPrinted(host: HTMLElement, svg: string | undefined): void {
  host.querySelector('.printed')?.remove();
  host.classList.toggle('on-paper', svg !== undefined);
  if (svg === undefined) return;
  const picture = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  picture.classList.add('printed');
  host.append(document.importNode(picture, true));
}
