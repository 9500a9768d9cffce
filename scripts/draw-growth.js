/**
 * Draws what `node dist/bench/growth.js` measured: docs/growth-NAME.svg, a picture each.
 *
 *     node scripts/draw-growth.js FILE.json
 *
 * Both axes are logarithmic, so that a cost that grows with x is a slope. Plain SVG; its colours follow the reader's light
 * or dark theme, and curves differ in dashes as well as in colour.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('which file? See the first lines of this one');
const { machine, pictures } = JSON.parse(readFileSync(file, 'utf8'));
const docs = fileURLToPath(new URL('../docs/', import.meta.url));

const [width, height] = [800, 400];
const plot = { left: 62, right: 560, top: 46, bottom: 330 };
const style = `
  svg { font: 13px system-ui, sans-serif; }
  .ground { fill: #ffffff; } text { fill: #1f2328; } .faint { fill: #59636e; }
  .grid { stroke: #d1d9e0; } .c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
  .curve { fill: none; stroke-width: 2; } .rival { stroke-dasharray: 6 4; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } text { fill: #f0f6fc; } .faint { fill: #9198a1; } .grid { stroke: #3d444d; }
    .c0 { stroke: #4493f8; } .c1 { stroke: #f0883e; } .c2 { stroke: #3fb950; } .c3 { stroke: #ab7df8; }
  }`;

const xText = (x, unit) => {
  if (unit === 'MiB') return x >= 1024 ? `${x / 1024} GiB` : `${x} MiB`;
  if (x % 1000 !== 0) return x.toLocaleString('en-US');
  return x >= 1e6 ? `${Number((x / 1e6).toFixed(1))} M` : x >= 1000 ? `${Math.round(x / 1000)} k` : `${x}`;
};
const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

/** 1, 2 and 5 of each power of ten that lie between two numbers. */
function steps(low, high) {
  const found = [];
  for (let power = 1; power <= high; power *= 10)
    for (const x of [1, 2, 5]) if (x * power >= low && x * power <= high) found.push(x * power);
  return found;
}

function draw({ title, xTitle, unit, curves }) {
  const all = curves.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(([x]) => x))].sort((a, b) => a - b);
  const ys = all.map(([, y]) => y);
  // At least a factor of five, so that noise does not look like a law.
  const high = Math.max(...ys) * 1.25;
  const low = Math.min(Math.min(...ys) / 1.25, high / 5);
  const scale = (value, from, to, a, b) => a + (Math.log(value / from) / Math.log(to / from)) * (b - a);
  const atX = (x) => scale(x, xs[0], xs.at(-1), plot.left + 12, plot.right - 12);
  const atY = (y) => scale(y, low, high, plot.bottom, plot.top);
  const hasGo = curves.some(({ label }) => label.endsWith(', Go'));
  const parts = [];
  for (const y of steps(low, high)) {
    const at = atY(y).toFixed(1);
    parts.push(`<path class="grid" d="M${plot.left} ${at}H${plot.right}"/>`);
    parts.push(
      `<text class="faint" x="${plot.left - 8}" y="${Number(at) + 4}" text-anchor="end">${y}</text>`,
    );
  }
  let lastAt = -100;
  for (const x of xs) {
    const at = atX(x);
    if (at - lastAt < 52) continue;
    lastAt = at;
    parts.push(
      `<text class="faint" x="${at.toFixed(1)}" y="${plot.bottom + 20}" text-anchor="middle">${xText(x, unit)}</text>`,
    );
  }
  // Ours and its rival's share a colour: the label before the comma.
  const groups = [...new Set(curves.map(({ label }) => label.split(',')[0]))];
  // Labels keep a line's distance from each other.
  const labels = curves.map(({ points }, i) => ({ i, y: atY(points.at(-1)[1]) })).sort((a, b) => a.y - b.y);
  for (let k = 1; k < labels.length; k++) labels[k].y = Math.max(labels[k].y, labels[k - 1].y + 16);
  curves.forEach(({ label, points }, i) => {
    const colour = `c${groups.indexOf(label.split(',')[0]) % 4}`;
    const rival = label.endsWith(', Go') ? ' rival' : '';
    const path = points.map(([x, y]) => `${atX(x).toFixed(1)} ${atY(y).toFixed(1)}`).join('L');
    const end = points.at(-1);
    const y = labels.find((one) => one.i === i).y;
    parts.push(`<path class="curve ${colour}${rival}" d="M${path}"/>`);
    parts.push(
      `<path class="${colour}" d="M${atX(end[0]).toFixed(1)} ${atY(end[1]).toFixed(1)}L${plot.right + 4} ${y.toFixed(1)}"/>`,
    );
    parts.push(
      `<text x="${plot.right + 8}" y="${(y + 4).toFixed(1)}">${escaped(label)}: ${Math.round(end[1])} ns</text>`,
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${style}
</style>
<rect class="ground" width="${width}" height="${height}"/>
<text x="16" y="24" font-size="15" font-weight="600">${escaped(title)}</text>
<text class="faint" x="${plot.left - 8}" y="${plot.top - 6}" text-anchor="end">ns</text>
${parts.join('\n')}
<text class="faint" x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 42}" text-anchor="middle">${escaped(xTitle)}</text>
<text class="faint" x="16" y="${height - 10}" font-size="11">${escaped(hasGo ? machine : machine.replace(/, Go [\d.]+/, ''))}. Both axes are logarithmic.</text>
</svg>
`;
}

for (const picture of pictures) writeFileSync(`${docs}growth-${picture.name}.svg`, draw(picture));
