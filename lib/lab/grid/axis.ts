/**
 * An axis of a grid: one option, and the values it takes.
 *
 *     25..400x2             25, 50, 100, 200, 400        times a factor, both ends
 *     64MiB..256MiB+64MiB   64, 128, 192, 256 MiB        plus a step
 *     64MiB,128MiB,off      as they stand                these may be mixed: 25..100x2,off
 *
 * A value is written as the option's flag takes it, and kept as that text. A module is a value where the option takes one.
 *
 * Not here: cells (plan.ts).
 */
import { PageHeapError } from '../../base/errors.ts';
import type { Option } from '../../design/option.ts';

export interface GridAxis {
  /** The flag without its dashes. */
  readonly name: string;
  /** At least one, no two alike. */
  readonly values: readonly string[];
}

/** The most values of one axis. */
const most = 64;
const range = /^(.+?)\.\.(.+?)([x+])(.+)$/;

const refuse = (name: string, why: string, value: string): never => {
  throw new PageHeapError('ERR_INVALID_OPTION', `--${name}: ${why}`, { value });
};

/**
 * @param text as it stands after the flag
 * @throws PageHeapError ERR_INVALID_OPTION
 */
export function parseAxis(name: string, option: Option<unknown>, text: string): GridAxis {
  const values = text.split(',').flatMap((item) => valuesOf(name, option, item.trim()));
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) refuse(name, `${twice} is said twice`, text);
  if (values.length > most) refuse(name, `${values.length} values, and an axis has at most ${most}`, text);
  return { name, values };
}

function valuesOf(name: string, { kind, group }: Option<unknown>, item: string): readonly string[] {
  if (item === '') return refuse(name, 'an empty value', item);
  const isPath = kind.module !== undefined && (group === 'parts' || /[./]/.test(item));
  // A path may have dots of its own.
  if (isPath) return [item];
  const [, low = '', high = '', how = '', by = ''] = range.exec(item) ?? [];
  if (low === '') {
    if (/\.\./.test(item))
      return refuse(name, `${item} lacks its factor or its step, as in 25..400x2 or 10..50+10`, item);
    const value = kind.parse(item);
    return value === undefined ? refuse(name, `${item}: it takes ${kind.takes}`, item) : [kind.format(value)];
  }
  const [from, to] = [kind.parse(low), kind.parse(high)];
  const step = how === 'x' ? Number(by) : kind.parse(by);
  if (typeof from !== 'number' || typeof to !== 'number' || typeof step !== 'number')
    return refuse(name, `${item} is no range: it takes ${kind.takes}`, item);
  if (!(to >= from)) return refuse(name, `${item} ends before it begins`, item);
  if (how === 'x' ? !(step > 1) || from <= 0 : !(step > 0))
    return refuse(name, `${item}: a factor is above 1, from a number above 0; a step is above 0`, item);
  const values: string[] = [];
  // An end that rounding has passed by a hair belongs to it.
  for (
    let i = 0, at = from;
    at <= to * (1 + 1e-12);
    i++, at = how === 'x' ? from * step ** i : from + step * i
  ) {
    // A value between two whole numbers, where there are only such.
    const value = kind.fault(at) === undefined ? at : Math.round(at);
    const fault = kind.fault(value);
    if (fault !== undefined) return refuse(name, `${item}: ${value} must be ${fault}`, item);
    values.push(kind.format(value));
    if (values.length > most) return refuse(name, `${item} has more than ${most} values`, item);
  }
  return values;
}
