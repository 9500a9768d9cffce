/**
 * Shapes: what JSON that was read must look like, said once and checked before anybody uses it.
 *
 * A shape answers what a value should have been, in words, where it is something else. An optional member may be
 * absent or null, which is how a number that is not finite was written.
 *
 * Not here: the shapes of run files (line-shapes.ts) and of a comparison's index (comparison-index.ts).
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value should be, such as `a text`; undefined where it is that. */
export type Shape = (value: unknown) => string | undefined;

const shape =
  (words: string, is: (value: unknown) => boolean): Shape =>
  (value) =>
    is(value) ? undefined : words;

export const text = shape('a text', (value) => typeof value === 'string');
export const flag = shape('true or false', (value) => typeof value === 'boolean');
/** So large that sums and differences stay exact. */
export const number = shape(
  'a number',
  (value) => typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER,
);
/** A bound, such as a limit: 2^63 stands for none. */
export const bound = shape('a number', (value) => Number.isFinite(value));
/** Milliseconds since the start of a run: so many that sums and differences stay exact. */
export const time = shape(
  'a time in milliseconds',
  (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER,
);
export const object = shape('an object', isJsonObject);

export const listOf =
  (each: Shape, words: string): Shape =>
  (value) =>
    Array.isArray(value) && value.every((item) => each(item) === undefined) ? undefined : words;

export const optional =
  (inner: Shape): Shape =>
  (value) =>
    value === undefined || value === null ? undefined : inner(value);

/** There in any case, and perhaps null: not known, or none. */
export const nullOr =
  (inner: Shape): Shape =>
  (value) =>
    value === null ? undefined : inner(value);

/** An object with members of these shapes; others may be there. */
export const members =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    isJsonObject(value) ? memberFault(shapes, value) : 'an object';

/** The first member that is not as it must be, in words; undefined where all are. */
export function memberFault(shapes: Readonly<Record<string, Shape>>, value: JsonObject): string | undefined {
  for (const [name, fault] of Object.entries(shapes)) {
    const wanted = fault(value[name]);
    if (wanted !== undefined) return `${name}, ${wanted}`;
  }
  return undefined;
}
