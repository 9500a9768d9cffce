/** Whether every byte of a view is this one: the first is, and each other is as the one before it. */
export function isAll(view: Uint8Array, byte: number): boolean {
  if (view.length === 0) return true;
  return view[0] === byte && Buffer.compare(view.subarray(1), view.subarray(0, -1)) === 0;
}
