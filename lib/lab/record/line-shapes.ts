/**
 * The shapes of a run file's lines: what a reader relies on, by kind. What a line has beyond that is let through.
 *
 * Not here: what the members mean (lines.ts).
 */
import {
  bound,
  flag,
  isJsonObject,
  type JsonObject,
  listOf,
  memberFault,
  members,
  nullOr,
  number,
  object,
  optional,
  type Shape,
  text,
  time,
} from './shapes.ts';

type Shapes = Readonly<Record<string, Shape>>;

/** Members by name, all of one shape. */
const all = (names: string, shape: Shape): Shapes =>
  Object.fromEntries(names.split(' ').map((name) => [name, shape]));

const numbers = (names: string): Shapes => all(names, number);
const maybeNumbers = (names: string): Shapes => all(names, optional(number));

const isPages = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least;

/** [first page, pages]. */
const range: Shape = (value) =>
  Array.isArray(value) && value.length === 2 && isPages(value[0], 0) && isPages(value[1], 1)
    ? undefined
    : 'a range of pages';

const certificate = members({
  passed: flag,
  version: text,
  date: text,
  profile: members({ extent: text }),
});

const workload = members({
  name: text,
  ...maybeNumbers('seed scale timeScale depth'),
  moreCollections: optional(flag),
});

const textOrNumber: Shape = (value) =>
  text(value) === undefined || number(value) === undefined ? undefined : 'a text or a number';

/** A box of dominators, and those below it. */
const box: Shape = (value) =>
  members({
    ...numbers('count own kept'),
    ...maybeNumbers('size pointers lists'),
    children: listOf(box, 'a list of boxes'),
  })(value);

const kinds: Readonly<Record<string, Shapes>> = {
  run: {
    name: optional(text),
    started: optional(text),
    command: optional(listOf(text, 'a list of texts')),
    trace: optional(
      members({ name: optional(text), ...maybeNumbers('ops threads'), recorded: optional(object) }),
    ),
    workload: optional(workload),
    options: optional(object),
    pace: optional(members(maybeNumbers('seconds idle collections beatMs'))),
    env: optional(object),
    otherThanGo: optional(listOf(text, 'a list of names')),
    modules: optional(object),
    contender: optional(members({ name: text, rss: text, version: optional(text), file: optional(text) })),
    conformance: optional(members({ hash: text, certificate: nullOr(certificate) })),
  },
  s: {
    t: time,
    rss: nullOr(number),
    phase: optional(text),
    ...maybeNumbers('inuse free released own live busyNs notHeap'),
    ...maybeNumbers('ops sys alloc prss lazy huge minflt majflt madv madvB madvNs gcs vmas fin finRun'),
    ...maybeNumbers('cpuNs waitNs cost missed ranRss ranAnon'),
    goal: optional(bound),
    limit: optional(bound),
  },
  gc: {
    t: time,
    forced: optional(flag),
    line: optional(text),
    ...maybeNumbers('n heap0 heap1 live ms pauseMs longestMs assistMs backgroundMs'),
    // A collection that was asked for under GOGC=off ran under a goal near 2^63.
    goal: optional(bound),
  },
  scav: { t: time, kind: optional(text), line: optional(text), bytes: optional(number) },
  phase: {
    t: time,
    name: text,
    rss: nullOr(number),
    ...maybeNumbers('prss sys inuse idle released alloc lazy minflt ops'),
  },
  map: {
    t: time,
    label: optional(text),
    bits: members({ state: text, resident: text }),
    ...maybeNumbers('origin pages'),
    ranges: optional(listOf(range, 'a list of [first page, pages]')),
  },
  dominators: {
    t: time,
    label: text,
    ...numbers('objects bytes garbage'),
    tree: listOf(box, 'a list of boxes'),
  },
  steer: {
    t: time,
    what: text,
    value: optional(textOrNumber),
    was: optional(textOrNumber),
    ...maybeNumbers('wall ops'),
  },
  classes: { t: time, label: optional(text), rows: listOf(object, 'a list of objects') },
  end: {
    t: time,
    reason: optional(text),
    ...maybeNumbers('ops seconds opsPerSec idleSeconds idleAsked'),
    summary: optional(object),
    trace: optional(object),
    output: optional(listOf(text, 'a list of texts')),
    memProfile: optional(text),
  },
};

/** Whether lines of a kind are known; what others hold is not checked. */
export function isKnownKind(kind: string): boolean {
  return Object.hasOwn(kinds, kind);
}

/** What a sample of a heap of here has in any case; an allocator of others may not tell it. */
const believed = numbers('inuse free released');

/**
 * What a line of a known kind lacks, or undefined.
 * @param ofContender the run is of an allocator of others
 */
export function faultIn(kind: string, line: JsonObject, ofContender = false): string | undefined {
  if (!isKnownKind(kind)) return undefined;
  const own = kind === 's' && !ofContender ? memberFault(believed, line) : undefined;
  const fault = own ?? memberFault(kinds[kind], line);
  return fault === undefined ? undefined : `a line of kind ${kind} needs ${fault}`;
}

/** Members of lines in which null says something: not known, or none. */
const nullable = new Set('goal limit rss prss lazy huge vmas cpuNs waitNs error'.split(' '));
/** Members whose own members are numbers and texts. */
const nested = new Set('trace workload pace'.split(' '));

/** A line without the members that are null because a number was not finite: for a reader they are absent. */
export function withoutNulls(line: JsonObject): JsonObject {
  const known = Object.entries(line).flatMap(([name, value]): [string, unknown][] => {
    if (value === null && !nullable.has(name)) return [];
    return [[name, nested.has(name) && isJsonObject(value) ? withoutNulls(value) : value]];
  });
  return Object.fromEntries(known);
}
