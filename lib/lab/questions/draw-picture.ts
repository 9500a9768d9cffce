/**
 * A picture as SVG: curves or bars, with axes, marks and their names. Its colours follow the reader's light or dark theme, and
 * curves differ in dashes as well. It stands alone as a file, and within a page.
 *
 * There are two layouts. The wide one has names where curves end, and left of bars. The narrow one is half as wide, for a
 * screen on which letters of the wide one could not be read: names stand above.
 *
 * Not here: what it shows (picture.ts), its axes (picture-scale.ts), the same on a terminal (cli/picture.ts).
 */
import { escapeHtml } from '../report/html.ts';
import { axisWords, type Bars, type Curves, type Picture, type PictureMark } from './picture.ts';
import { Scale, tickWords } from './picture-scale.ts';

const style = `
  .pic { font: 13px system-ui, sans-serif; }
  .pic .ground { fill: #ffffff; } .pic text { fill: #1f2328; } .pic .faint { fill: #59636e; }
  .pic .grid { stroke: #d1d9e0; fill: none; } .pic .mark { stroke: #cf222e; stroke-dasharray: 3 3; fill: none; } .pic .marked { fill: #cf222e; }
  .pic .curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .pic .title { font-weight: 600; }
  .pic .c0 { stroke: #0969da; } .pic .c1 { stroke: #bc4c00; } .pic .c2 { stroke: #1a7f37; } .pic .c3 { stroke: #8250df; } .pic .c4 { stroke: #bf3989; } .pic .c5 { stroke: #6e7781; }
  .pic .b0 { fill: #0969da; } .pic .b1 { fill: #bc4c00; } .pic .b2 { fill: #1a7f37; } .pic .b3 { fill: #8250df; } .pic .b4 { fill: #bf3989; } .pic .b5 { fill: #6e7781; }
  @media (prefers-color-scheme: dark) {
    .pic .ground { fill: #0d1117; } .pic text { fill: #f0f6fc; } .pic .faint { fill: #9198a1; } .pic .grid { stroke: #3d444d; } .pic .mark { stroke: #f85149; } .pic .marked { fill: #f85149; }
    .pic .c0 { stroke: #4493f8; } .pic .c1 { stroke: #f0883e; } .pic .c2 { stroke: #3fb950; } .pic .c3 { stroke: #ab7df8; } .pic .c4 { stroke: #db61a2; } .pic .c5 { stroke: #9198a1; }
    .pic .b0 { fill: #4493f8; } .pic .b1 { fill: #f0883e; } .pic .b2 { fill: #3fb950; } .pic .b3 { fill: #ab7df8; } .pic .b4 { fill: #db61a2; } .pic .b5 { fill: #9198a1; }
  }`;
const dashes = ['', '7 4', '2 3', '10 3 2 3', '', '7 4'];

export type PictureLayout = 'wide' | 'narrow';

const widths: Readonly<Record<PictureLayout, number>> = { wide: 800, narrow: 400 };
const margin = 16;
/** Of a letter, on average; titles are bolder. */
const letter = { plain: 6.7, title: 7.6 } as const;
const lineHeight = 18;

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more}>${escapeHtml(words)}</text>`;

/** Words in lines of at most so many letters. */
function linesOf(words: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** What a colour, or a line, is the sign of. */
interface Sign {
  readonly words: string;
  readonly kind: 'curve' | 'bar' | 'mark';
  /** Which of its kind. */
  readonly index: number;
}

const dashOf = (index: number): string => {
  const dash = dashes[index % dashes.length];
  return dash === '' ? '' : ` stroke-dasharray="${dash}"`;
};

/** A sign, 20 wide, and its words. */
function drawSign({ words, kind, index }: Sign, x: number, y: number): string[] {
  const signs = {
    curve: `<path class="curve c${index % 6}"${dashOf(index)} d="M${x.toFixed(1)} ${y.toFixed(1)}h20"/>`,
    mark: `<path class="mark" d="M${x.toFixed(1)} ${y.toFixed(1)}h20"/>`,
    bar: `<rect class="b${index % 6}" x="${(x + 4).toFixed(1)}" y="${(y - 6).toFixed(1)}" width="12" height="12" rx="2"/>`,
  };
  return [signs[kind], text(x + 26, y + 4.5, words)];
}

/** A sheet: its title, what its axes are, and, where they stand above, the signs. */
class Sheet {
  readonly width: number;
  readonly isNarrow: boolean;
  readonly #title: string;
  readonly #parts: string[] = [];
  /** Below what was put on it so far. */
  y = 24;

  constructor(layout: PictureLayout, title: string, axes: string) {
    this.width = widths[layout];
    this.isNarrow = layout === 'narrow';
    this.#title = title;
    this.#lines(title, letter.title, ' class="title"');
    this.y += 2;
    this.#lines(axes, letter.plain, ' class="faint"');
  }

  add(...parts: readonly string[]): void {
    this.#parts.push(...parts);
  }

  /** Signs in rows, as many beside each other as there is room for. */
  addSigns(signs: readonly Sign[]): void {
    let x = margin;
    for (const sign of signs) {
      const wide = 26 + sign.words.length * letter.plain + 14;
      if (x > margin && x + wide > this.width) {
        x = margin;
        this.y += lineHeight;
      }
      this.add(...drawSign(sign, x, this.y));
      x += wide;
    }
    if (signs.length > 0) this.y += lineHeight;
  }

  svg(height: number): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" class="pic" viewBox="0 0 ${this.width} ${height.toFixed(0)}" role="img" aria-label="${escapeHtml(this.#title)}">
<style>${style}
</style>
<rect class="ground" width="${this.width}" height="${height.toFixed(0)}"/>
${this.#parts.join('\n')}
</svg>
`;
  }

  #lines(words: string, width: number, more: string): void {
    for (const line of linesOf(words, Math.floor((this.width - 2 * margin) / width))) {
      this.add(text(margin, this.y, line, more));
      this.y += lineHeight;
    }
  }
}

/** Names beside places, moved apart where they would cover each other. */
function apart(places: readonly number[], least: number): number[] {
  const order = places.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  for (let k = 1; k < order.length; k++) order[k].y = Math.max(order[k].y, order[k - 1].y + least);
  const moved: number[] = [];
  for (const { y, i } of order) moved[i] = y;
  return moved;
}

function drawCurves({ title, x, y, curves, marks = [] }: Curves, layout: PictureLayout): string {
  const sheet = new Sheet(layout, title, `${axisWords(y)}, by ${axisWords(x)}`);
  const drawn = curves.flatMap(({ label, points }, index) =>
    points.length === 0 ? [] : [{ label, points, index }],
  );
  const signs: Sign[] = [
    ...drawn.map(({ label, index }) => ({ words: label, kind: 'curve' as const, index })),
    ...marks.map(({ label }) => ({ words: label, kind: 'mark' as const, index: 0 })),
  ];
  if (sheet.isNarrow) sheet.addSigns(signs);
  const box = sheet.isNarrow
    ? { left: 70, right: 386, top: sheet.y, bottom: sheet.y + 220 }
    : { left: 78, right: 596, top: sheet.y, bottom: sheet.y + 250 };
  const points = drawn.flatMap((curve) => curve.points);
  const across = new Scale(
    x,
    points.map(([value]) => value),
    box.left,
    box.right,
  );
  const up = new Scale(
    y,
    [...points.map(([, value]) => value), ...marks.map(({ value }) => value)],
    box.bottom,
    box.top,
  );
  for (const tick of up.ticks()) {
    const at = up.at(tick).toFixed(1);
    sheet.add(
      `<path class="grid" d="M${box.left} ${at}H${box.right}"/>`,
      text(box.left - 8, Number(at) + 4, tickWords(y.unit, tick), ' class="faint" text-anchor="end"'),
    );
  }
  const ticks =
    x.log === true && x.unit === 'count'
      ? [...new Set(points.map(([value]) => value))].sort((a, b) => a - b)
      : across.ticks();
  let last = -100;
  for (const tick of ticks) {
    const at = across.at(tick);
    if (at - last < 44 || at > box.right + 1) continue;
    last = at;
    sheet.add(text(at, box.bottom + 20, tickWords(x.unit, tick), ' class="faint" text-anchor="middle"'));
  }
  const ends: number[] = [];
  for (const { points: own, index } of drawn) {
    const path = own.map(([a, b]) => `${across.at(a).toFixed(1)} ${up.at(b).toFixed(1)}`).join('L');
    sheet.add(`<path class="curve c${index % 6}"${dashOf(index)} d="M${path}"/>`);
    ends.push(up.at(own[own.length - 1][1]));
  }
  for (const { value } of marks) {
    sheet.add(`<path class="mark" d="M${box.left} ${up.at(value).toFixed(1)}H${box.right}"/>`);
    ends.push(up.at(value));
  }
  if (!sheet.isNarrow)
    apart(ends, 17).forEach((at, i) => {
      sheet.add(...drawSign(signs[i], box.right + 10, at));
    });
  return sheet.svg(box.bottom + 48);
}

/** Marks of a wide picture have their names above them. */
function markNames(marks: readonly PictureMark[], across: Scale, top: number, width: number): string[] {
  return marks.map(({ label, value }, i) => {
    const at = across.at(value);
    const isRight = at > 0.775 * width;
    // One above the other, since two may lie close.
    return text(
      at + (isRight ? -4 : 4),
      top - 6 - 15 * i,
      label,
      ` class="marked" text-anchor="${isRight ? 'end' : 'start'}"`,
    );
  });
}

function drawBars({ title, value, groups, marks = [] }: Bars, layout: PictureLayout): string {
  const [barHeight, gap, groupGap] = [16, 3, 14];
  const sheet = new Sheet(layout, title, axisWords(value));
  const { isNarrow, width } = sheet;
  if (isNarrow) sheet.addSigns(marks.map(({ label }) => ({ words: label, kind: 'mark', index: 0 })));
  const left = isNarrow ? margin : 236;
  const right = isNarrow ? width - 76 : 700;
  const top = sheet.y + 4 + (isNarrow ? 0 : 16 * marks.length);
  const bars = groups.flatMap((group) => group.bars);
  const across = new Scale(
    value,
    [...bars.map((bar) => bar.value), ...marks.map((mark) => mark.value)],
    left,
    right,
  );
  // A colour tells a kind again in the next group; in a single group names are enough.
  const kinds = groups.length === 1 ? [] : [...new Set(bars.map(({ label }) => label))];
  const drawn: string[] = [];
  let y = top;
  for (const group of groups) {
    if (group.label !== '') {
      drawn.push(text(margin, y + 12, group.label, ' class="title"'));
      y += 19;
    }
    for (const bar of group.bars) {
      if (isNarrow) {
        drawn.push(text(left, y + 12.5, bar.label, ' class="faint"'));
        y += lineHeight;
      } else drawn.push(text(left - 8, y + 12.5, bar.label, ' class="faint" text-anchor="end"'));
      const to = Number.isFinite(bar.value) ? across.at(bar.value) : left;
      drawn.push(
        `<rect class="b${Math.max(0, kinds.indexOf(bar.label)) % 6}" x="${left}" y="${y.toFixed(1)}" width="${Math.max(0, to - left).toFixed(1)}" height="${barHeight}" rx="2"/>`,
        text(
          Math.max(left, to) + 6,
          y + 12.5,
          Number.isFinite(bar.value) ? tickWords(value.unit, bar.value) : '–',
        ),
      );
      y += barHeight + gap;
    }
    y += groupGap;
  }
  const bottom = y - groupGap;
  let last = -100;
  for (const tick of across.ticks()) {
    const at = across.at(tick);
    sheet.add(`<path class="grid" d="M${at.toFixed(1)} ${top.toFixed(1)}V${bottom.toFixed(1)}"/>`);
    if (at - last < 52) continue;
    last = at;
    sheet.add(text(at, bottom + 18, tickWords(value.unit, tick), ' class="faint" text-anchor="middle"'));
  }
  sheet.add(...drawn);
  for (const mark of marks)
    sheet.add(
      `<path class="mark" d="M${across.at(mark.value).toFixed(1)} ${top.toFixed(1)}V${bottom.toFixed(1)}"/>`,
    );
  if (!isNarrow) sheet.add(...markNames(marks, across, top, width));
  return sheet.svg(bottom + 34);
}

export function drawPicture(picture: Picture, layout: PictureLayout = 'wide'): string {
  return picture.kind === 'curves' ? drawCurves(picture, layout) : drawBars(picture, layout);
}
