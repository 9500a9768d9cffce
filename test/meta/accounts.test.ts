import { expect, test } from 'vitest';
import { accountSlots, ColumnAccounts } from '../../lib/meta/accounts.ts';
import { PlainAccounts, purposes } from '../../lib/os/accounts.ts';

test('each purpose and the ready bytes have a slot of their own', () => {
  const slots = new Float64Array(accountSlots);
  const accounts = new ColumnAccounts(slots);
  for (const [i, purpose] of purposes.entries()) accounts.add(purpose, 10 ** i);
  accounts.mappedReady(7e9);
  expect([...purposes.map((purpose) => accounts.of(purpose)), accounts.ready]).toEqual([
    ...purposes.map((_, i) => 10 ** i),
    7e9,
  ]);
  accounts.add('heap', -1);
  accounts.mappedReady(-7e9);
  expect([accounts.of('heap'), accounts.of('stacks'), accounts.ready]).toEqual([0, 10, 0]);
});

test('two over the same column keep the same books', () => {
  const slots = new Float64Array(accountSlots);
  const here = new ColumnAccounts(slots);
  const there = new ColumnAccounts(slots);
  here.add('gc', 4096);
  there.add('gc', 4096);
  there.mappedReady(1);
  expect([here.of('gc'), there.of('gc'), here.ready]).toEqual([8192, 8192, 1]);
});

test('what was booked in plain books is carried over, once', () => {
  const plain = new PlainAccounts();
  plain.add('mspan', 5);
  plain.add('heap', 7);
  plain.mappedReady(3);
  const column = new ColumnAccounts(new Float64Array(accountSlots));
  plain.moveTo(column);
  plain.moveTo(column);
  expect([column.of('mspan'), column.of('heap'), column.ready]).toEqual([5, 7, 3]);
  expect([plain.of('mspan'), plain.ready]).toEqual([0, 0]);
});
