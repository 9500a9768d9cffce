/**
 * Values in messages: any value as a text, also those that have none of their own (a symbol in a template, an object
 * without a prototype) or whose own fails.
 */
const longest = 80;

/** A short text of any value; never throws. */
export function shown(value: unknown): string {
  try {
    if (typeof value === 'bigint') return `${value}n`;
    const text = String(value);
    return text.length > longest ? `${text.slice(0, longest)}…` : text;
  } catch {
    return `a value of type ${typeof value}`;
  }
}
