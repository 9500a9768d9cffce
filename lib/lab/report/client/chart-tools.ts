/// <reference lib="dom" />
/**
 * The tools of a chart: buttons that zoom and move the stretch of time in all charts, and that save this one as PNG,
 * SVG or CSV. What is saved is what is shown: its layers, its stretch of time, its colours.
 *
 * PNG is the SVG in pixels, two a CSS pixel, so that both look alike. A file is handed over by a link to a blob, which
 * asks nothing of a network and works from a file, too.
 */
import type uPlotType from 'uplot';
import { chartCsv, unitOf } from './chart-csv.ts';
import type { ChartGroup } from './chart-group.ts';
import type { ChartSpec, Layer } from './chart-spec.ts';
import { chartSvg } from './chart-svg.ts';
import { type Child, make } from './dom.ts';
import { scaledRange, shiftedRange } from './zoom-range.ts';

const pngDensity = 2;

/** A chart as its tools see it. */
export interface ToolsOf {
  readonly spec: ChartSpec;
  readonly group: ChartGroup;
  readonly plot: () => uPlotType | undefined;
  readonly shown: () => readonly Layer[];
  readonly drawn: () => readonly Layer[];
  readonly times: () => readonly number[];
  /** Where the cursor is, if it is anywhere. */
  readonly cursorTime: () => number | undefined;
}

/** `sqlite-ramp-timeline.svg`: the page's name and the chart's. */
function fileName(chart: string, ending: string): string {
  const words = `${document.title.replace(/ – pageheap$/, '')} ${chart}`.toLowerCase();
  const name = words.replace(/[^\p{L}\p{N}.]+/gu, '-').replace(/^[-.]+|-+$/g, '');
  return `${name.slice(0, 120)}.${ending}`;
}

/** Hands a file over. */
function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = make('a', { href: url, download: name, hidden: '' });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the blob after this.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A picture in pixels. @throws Error where the browser cannot draw it */
async function pngOf(svg: string): Promise<Blob> {
  const image = make('img');
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = make('canvas');
  canvas.width = image.naturalWidth * pngDensity;
  canvas.height = image.naturalHeight * pngDensity;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) =>
      blob === null ? reject(new Error('the browser gives no picture')) : resolve(blob),
    ),
  );
}

/** The picture of a chart as it is shown; undefined before it is drawn. */
export function pictureOf({ spec, plot, shown, drawn }: ToolsOf, title?: string): string | undefined {
  const u = plot();
  if (u === undefined) return undefined;
  // What was set just now is drawn at once.
  u.batch(() => undefined);
  return chartSvg(
    { spec, plot: u, shown: shown(), drawn: drawn(), density: u.ctx.canvas.width / u.width },
    title,
  );
}

function numbersOf({ spec, group, shown, times }: ToolsOf): string {
  const columns = shown().map(({ label, right, values }) => {
    const unit = unitOf(right === true ? (spec.formatRight ?? spec.format) : spec.format);
    return { title: unit === '' ? label : `${label} (${unit})`, values };
  });
  return chartCsv(spec.x === undefined ? 'time (ms)' : 'operations', times(), columns, group.range);
}

/** Makes the tools of a chart. */
export function chartTools(of: ToolsOf): HTMLElement {
  const { spec, group } = of;
  const told = make('span', { class: 'meta', role: 'status' });
  const button = (label: string, child: Child, act: () => void): HTMLButtonElement => {
    const made = make(
      'button',
      { type: 'button', 'aria-label': `${label}: ${spec.name}`, title: label },
      child,
    );
    made.addEventListener('click', act);
    return made;
  };
  const around = (): number => {
    const [from, to] = group.range;
    const at = of.cursorTime();
    return at === undefined || at < from || at > to ? (from + to) / 2 : at;
  };
  const zooms = {
    closer: button('Zoom in', '+', () => group.zoom(...scaledRange(group.range, 0.5, around()))),
    farther: button('Zoom out', '−', () => group.zoom(...scaledRange(group.range, 2, around()))),
    earlier: button('Earlier', '◀', () => group.zoom(...shiftedRange(group.range, -0.5))),
    later: button('Later', '▶', () => group.zoom(...shiftedRange(group.range, 0.5))),
    whole: button('Show the whole run', 'all', () => group.zoom(...group.whole)),
  };
  const title = `${document.title.replace(/ – pageheap$/, '')}: ${spec.name}`;
  const save = (ending: string, make: () => Blob | Promise<Blob>) =>
    button(`Save as ${ending}`, ending, async () => {
      try {
        saveFile(fileName(spec.name, ending.toLowerCase()), await make());
        told.textContent = '';
      } catch (error) {
        told.textContent = `This browser cannot save it: ${String(error)}`;
      }
    });
  const svg = (): string => pictureOf(of, title) ?? '';
  const saves = [
    save('PNG', () => pngOf(svg())),
    save('SVG', () => new Blob([svg()], { type: 'image/svg+xml' })),
    save('CSV', () => new Blob([numbersOf(of)], { type: 'text/csv' })),
  ];
  const follow = (): void => {
    zooms.earlier.disabled = group.range[0] <= group.whole[0];
    zooms.later.disabled = group.range[1] >= group.whole[1];
    zooms.farther.disabled = !group.isZoomed;
    zooms.whole.disabled = !group.isZoomed;
  };
  group.zoomed.push(follow);
  follow();
  const label = `Zoom and save: ${spec.name}`;
  return make(
    'div',
    { class: 'tools', role: 'group', 'aria-label': label },
    make('span', { class: 'tool-set' }, ...Object.values(zooms)),
    make('span', { class: 'tool-set' }, make('span', { class: 'meta' }, 'save'), ...saves),
    told,
  );
}
