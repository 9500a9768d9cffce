/**
 * How the curves of configurations are told apart: by eight colours and by eight dashes, so that the first eight
 * differ by their dashes, too, and are told apart without colours; 64 configurations are all different. No DOM here:
 * the renderer uses these, too.
 */

const colourCount = 8;
const dashes: readonly (readonly number[])[] = [
  [],
  [9, 4],
  [3, 3],
  [12, 4, 3, 4],
  [18, 5],
  [12, 3, 3, 3, 3, 3],
  [6, 9],
  [2, 6],
];

/** The custom property that holds a configuration's colour, without its dashes. */
export function curveColour(configuration: number): string {
  return `c${configuration % colourCount}`;
}

/** The dash of a configuration's curves; empty: solid. */
export function curveDash(configuration: number): readonly number[] {
  const row = Math.floor(configuration / colourCount);
  return dashes[(configuration + row) % dashes.length];
}

/** Pixels: the curve that stands for its configuration, and those of its repetitions. */
export const mainWidth = 2.5;
export const repetitionWidth = 1.25;

/** So many configurations have a row for the ends of their phases above the first chart. */
export const mostPhaseRows = 4;
