import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRunFile } from '../../lib/lab/record/run-file.ts';
import { shippedTraces, traceDescriptions } from '../../lib/lab/subject/shipped-traces.ts';
import { workloads } from '../../lib/lab/workloads/index.ts';
import { those } from '../support/extent.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-workloads-'));
afterAll(() => rmSync(folder, { recursive: true }));

const words = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('pageheap workloads', () => {
  it('lists workloads and traces, each with what it is for', async () => {
    const { code, out, err } = await inProcess(['workloads']);
    expect([code, err]).toEqual([0, '']);
    for (const { name, description } of workloads) {
      expect(out).toContain(`\n${name}  about`);
      expect(words(out)).toContain(words(description));
    }
    for (const name of shippedTraces()) expect(words(out)).toContain(words(traceDescriptions[name]));
  });

  it('lists the same in JSON', async () => {
    const { out } = await inProcess(['workloads', '--json']);
    const list = JSON.parse(out) as { traces: object[]; workloads: object[] };
    expect(list.traces).toEqual(
      shippedTraces().map((name) => ({ name, description: traceDescriptions[name] })),
    );
    expect(list.workloads).toHaveLength(workloads.length);
    expect(list.workloads[0]).toMatchObject({
      name: 'rsscurve',
      seed: 12345,
      questions: expect.arrayContaining(['Why is RSS high when everything was released?']),
    });
  });

  it('has a paragraph for every shipped trace, and for no other', () => {
    expect(Object.keys(traceDescriptions).sort()).toEqual(shippedTraces());
  });
});

describe('pageheap run with a workload', () => {
  const small = ['--scale', '0.02', '--time-scale', '0'];

  it('prints its phases, and writes run file and report', async () => {
    const { code, out, err } = await inProcess(['run', 'rsscurve', ...small, '-o', 'first'], { cwd: folder });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('end of');
    for (const name of 'ABCDEFG') expect(out).toMatch(new RegExp(`^[│| ]*${name} `, 'm'));
    expect(out).not.toContain('replayed');
    expect(out).toMatch(/report: +first\/rsscurve-.*\.html/);
  });

  it.each(those(['linked-list', 'lru-cache'], (name) => name === 'linked-list'))(
    'says nothing of what nobody counts: %s',
    async (name) => {
      const args = ['run', name, ...small, '-o', 'uncounted', '--json'];
      const { code, out: json } = await inProcess(args, { cwd: folder });
      expect(code).toBe(0);
      const { payload, runFile } = JSON.parse(json);
      const { out } = await inProcess(['report', runFile], { cwd: folder });
      expect(out).toMatch(/asked for +[\d,]+ allocations\n/);
      expect(out).not.toMatch(/payload|utilisation/);
      expect(payload).toMatchObject({
        peakLiveBytes: null,
        liveObjects: null,
        frees: null,
        utilisation: null,
      });
      expect(payload.allocations).toBeGreaterThan(0);
    },
  );

  it('hands its options on, and says them in the run file', async () => {
    const { code, out } = await inProcess(
      ['run', 'rsscurve', ...small, '--seed', '9', '--more-collections', '--advise', 'free', '--json'],
      { cwd: folder },
    );
    const summary = JSON.parse(out) as { runFile: string; name: string; phases: { name: string }[] };
    expect([code, summary.name, summary.phases.map((p) => p.name).join('')]).toEqual([
      0,
      'rsscurve',
      'ABCDEFG',
    ]);
    const { header } = await readRunFile(join(folder, summary.runFile));
    expect(header.workload).toEqual({
      name: 'rsscurve',
      seed: 9,
      scale: 0.02,
      timeScale: 0,
      moreCollections: true,
    });
    expect(header.options).toMatchObject({ advise: 'free' });
  });

  it('takes a file of that name first', async () => {
    writeFileSync(join(folder, 'stripes'), '= Start\n+ 0x1000 0x20\n');
    const { out } = await inProcess(['run', 'stripes', '--duration', '0', '--idle', '0', '--json'], {
      cwd: folder,
    });
    expect(JSON.parse(out)).toMatchObject({ name: 'stripes', operations: 1, phases: [] });
  });
});
