import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENOMEM } from '../../lib/os/errno.ts';
import { Child, sanitized } from './child.ts';

/** Memory that is out is an answer, not an exception, and leaves everything usable. */
describe.skipIf(sanitized)('a limit of the system', () => {
  let child: Child;
  beforeAll(async () => {
    child = await Child.bundle('limit');
  });
  afterAll(() => child.remove());

  test('of the address space (prlimit --as)', async () => {
    const ended = await child.run(['address-space'], ['prlimit', `--as=${2 * 1024 ** 3}`]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const outcome = JSON.parse(ended.stdout);
    expect(outcome).toMatchObject({
      huge: 0,
      hugeErrno: ENOMEM,
      aligned: 0,
      errno: ENOMEM,
      booked: true,
      usable: true,
      left: [0, 0, 0, 0],
    });
    expect(outcome.modest === 'refused' || outcome.modest === 0).toBe(true);
  });

  test('of writable memory (prlimit --data), in the middle of growth', async () => {
    const ended = await child.run(['data'], ['prlimit', `--data=${768 * 1024 ** 2}`]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toEqual({
      reserved: true,
      refused: true,
      errno: ENOMEM,
      commit: false,
      still: 'reserved',
      faults: true,
      booked: true,
      usable: true,
      left: [0, 0, 0, 0],
    });
  });
});
