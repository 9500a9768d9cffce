/** Colours of the page maps are told apart by everyone, in both themes. */
import { describe, expect, it } from 'vitest';
import { beliefView, kernelView } from '../../../lib/lab/report/client/page-colours.ts';
import { reportStyle } from '../../../lib/lab/report/style.ts';

type Three = readonly [number, number, number];

/** How colours are seen without one kind of cones: Machado, Oliveira and Fernandes 2009, for linear light. */
const sights: Readonly<Record<string, readonly Three[]>> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIELAB of #rrggbb as it is seen. */
function lab(hex: string, sight: readonly Three[]): Three {
  const linear = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const [r, g, b] = sight.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, i) => sum + weight * linear[i], 0),
      ),
    ),
  );
  const [x, y, z] = [
    (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
    0.2126 * r + 0.7152 * g + 0.0722 * b,
    (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
  ].map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const themes = {
  light: /:root \{ color-scheme: light dark;([^}]*)\}/,
  dark: /\(prefers-color-scheme: dark\) \{ :root[^{]*\{([^}]*)\}/,
};

function coloursOf(theme: keyof typeof themes): Map<string, string> {
  const block = themes[theme].exec(reportStyle)?.[1] ?? '';
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, hex]));
}

describe.each(['light', 'dark'] as const)('in %s colours', (theme) => {
  const colours = coloursOf(theme);
  it.each(Object.keys(sights))('with %s cones, what pages are is told apart', (sight) => {
    const seen = (name: string): Three => lab(colours.get(name) ?? '', sights[sight]);
    const apart = (a: string, b: string): number => Math.hypot(...seen(a).map((n, i) => n - seen(b)[i]));
    const tooClose = (pairs: readonly (readonly [string, string])[], least: number): string[] =>
      pairs
        .filter(([a, b]) => !(apart(a, b) >= least))
        .map(([a, b]) => `${a} ${b} ${apart(a, b).toFixed(1)}`);
    for (const { colours: names } of [beliefView, kernelView])
      expect(
        tooClose(
          names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const)),
          12,
        ),
      ).toEqual([]);
    // Belief and kernel stand side by side.
    expect(tooClose([['released', 'not-resident']], 15)).toEqual([]);
  });
});
