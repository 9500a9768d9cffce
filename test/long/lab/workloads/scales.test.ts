/** The built-in workloads at scales that take long. */
import { describe, expect, it } from 'vitest';
import { workloads } from '../../../../lib/lab/workloads/index.ts';
import { record, WholeBytesHeap } from '../../../lab/workloads/recording.ts';

const dropping = workloads.filter(({ heap }) => heap?.liveness === undefined);

describe.each(dropping.map(({ name }) => name))('%s', (name) => {
  it.each([0.0137, 0.03, 0.3, 1])('runs at a scale of %d, in whole bytes', async (scale) => {
    const { phases } = await record({ name, scale, timeScale: 0 }, undefined, new WholeBytesHeap());
    expect(phases.at(-1)?.mallocs).toBeGreaterThan(0);
  });
});
