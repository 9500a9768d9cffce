/**
 * The state of a mark phase: all that marking knows between two slices of it, in columns, so that a slice can be done by
 * whichever thread has the heap in hand.
 *
 * Not here: the work buffers (work-buffers.ts), mark bits (heap/gc-bits.ts).
 */
import { f64, i32, table, type Views } from '../../meta/column.ts';

/** Rows are those of `gcBitsTable`: a bit for each mark bit. All zero unless a cycle marks. */
export const grayTable = table('gray', 'gc', { bits: i32('heap') });

export const markTable = table('mark', 'gc', {
  /** 1: a cycle marks beside the program, and whoever stores a pointer must shade (barrier.ts). */
  isOn: i32('heap'),
  /** The next root: of which source, counted from 0, and where in it. */
  rootSource: i32('heap'),
  rootPlace: f64('heap'),
  /** The window of object memory, plus one, that the gray objects of the stack lie in; 0: none was opened. */
  window: i32('heap'),
  /** One past the last gray object in the work buffer in hand. */
  top: i32('heap'),
  /** 1: the gray objects of the stack lie far apart (drain.ts). */
  isScattered: i32('heap'),
  /** The span queue: its first and its last span. */
  queueHead: i32('heap'),
  queueTail: i32('heap'),
  // The span at hand: the next word of its gray bits, what is left of the one before, where the objects of that lie, and
  // how long they are. A piece of a large object is told like one small object.
  span: i32('heap'),
  nextGray: i32('heap'),
  todo: i32('heap'),
  base: i32('heap'),
  step: i32('heap'),
  // What is left of the large object at hand.
  largeAt: f64('heap'),
  largeEnd: f64('heap'),
  /** The work buffer in hand, the first empty one, and the first of the spans they were cut from. */
  buffer: i32('heap'),
  emptyBuffer: i32('heap'),
  bufferSpan: i32('heap'),
  /** The first of the spans of which a view was handed out since marking began. */
  viewed: i32('heap'),
  // Words of objects that were scanned, and of those marked that hold no pointers; bytes of what was allocated marked.
  scannedWords: f64('heap'),
  plainWords: f64('heap'),
  blackBytes: f64('heap'),
  /** Of the words scanned, those of objects that do not count for that: not marked, or scanned once more. */
  againWords: f64('heap'),
  // The same, counted in objects.
  scannedObjects: f64('heap'),
  plainObjects: f64('heap'),
  blackObjects: f64('heap'),
  againObjects: f64('heap'),
});

export type MarkColumns = Views<typeof markTable>;

/** Nothing is gray, and nothing was counted. */
export function resetMarkState(columns: MarkColumns): void {
  for (const column of Object.values(columns)) column.fill(0);
}
