import { expect, it } from 'vitest';
import { AsItRan } from '../../../lib/lab/run/as-it-ran.ts';

const sample = (ops: number, rss: number) => ({ ms: ops, ops, rss, anon: rss / 2 });

it('tells what the program had after as many operations, between two samples in proportion', () => {
  const ran = new AsItRan({
    samples: [sample(100, 1000), sample(200, 3000), sample(200, 2000), sample(400, 4000)],
  });
  const told = [0, 100, 150, 200, 300, 400, 9000, 150].map((ops) => ran.after(ops)?.rss);
  expect(told).toEqual([1000, 1000, 2000, 2000, 3000, 4000, 4000, 2000]);
  expect(ran.after(300)?.anon).toBe(1500);
});

it('tells nothing without a sample', () => {
  expect(new AsItRan({ samples: [] }).after(5)).toBeUndefined();
  expect(new AsItRan({}).after(5)).toBeUndefined();
});
