/** Lines of made-up run files, and the data inside a report. */
import { expect } from 'vitest';
import type { Payload } from '../../../lib/lab/report/payload.ts';

export const header = { k: 'run', format: 'pageheap-run/1', name: 'a run' };

export function sample(t: number, rss: number, more: object = {}): Record<string, unknown> {
  return { k: 's', t, inuse: rss, free: 0, released: 0, rss, ...more };
}

/** The data inside a report. */
export function payloadIn(page: string): Payload {
  const text = /<script type="application\/json" id="run-data">(.*?)<\/script>/s.exec(page);
  expect(text).not.toBeNull();
  return JSON.parse(text![1]) as Payload;
}
