import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageHeapError } from '../../lib/base/errors.ts';
import { crashDescriptorBytes, writeCrashDescriptor } from '../../lib/os/crash.ts';
import { Child, type Ended } from './child.ts';

let child: Child;
beforeAll(async () => {
  child = await Child.bundle('crash');
});
afterAll(() => child.remove());

/** Where the heap of a run lay: the first line of its output. */
function originOf(ended: Ended): number {
  return Number.parseInt(ended.stdout, 16);
}
const hex = (n: number) => `0x${n.toString(16)}`;

describe('the crash report', () => {
  test('names the span, its state, bounds and class, and the element', async () => {
    const ended = await child.run(['span']);
    const origin = originOf(ended);
    const low = origin + 8 * 8192;
    expect(ended.signal).toBe('SIGSEGV');
    expect(ended.stderr.split('\n')).toEqual([
      expect.stringMatching(
        `^pageheap: SIGSEGV at ${hex(low + 247)}, in the heap range ${hex(origin)} to ${hex(origin + 64 * 8192)}, thread \\d+$`,
      ),
      `pageheap:   page 8 of the heap with origin ${hex(origin)}`,
      'pageheap:   the page is allocated, not released',
      `pageheap:   span 3, state manual, ${hex(low)} to ${hex(low + 4 * 8192)} (4 pages), span class 9`,
      'pageheap:   element 5 of 48 bytes, at its byte 7',
      '',
    ]);
  });

  test('says that a page is free and released', async () => {
    const ended = await child.run(['free-page']);
    expect(ended.signal).toBe('SIGSEGV');
    expect(ended.stderr).toContain('pageheap:   the page is free, released to the system\n');
    expect(ended.stderr).toContain('pageheap:   no span has this page\n');
  });

  test('gets shorter, not fatal, when the columns themselves are gone', async () => {
    const ended = await child.run(['lost-columns']);
    expect(ended.signal).toBe('SIGSEGV');
    expect(ended.stderr).toContain(', in the heap range ');
    expect(ended.stderr).toContain('pageheap:   the page is not in the page map\n');
  });

  test.each(['elsewhere', 'disposed'])('is silent about a fault that is not its own: %s', async (how) => {
    const ended = await child.run([how]);
    expect(ended.signal).toBe('SIGSEGV');
    expect(ended.stderr).not.toContain('pageheap:');
  });

  test('leaves a signal that was sent its default action', async () => {
    const ended = await child.run(['sent']);
    expect(ended.signal).toBe('SIGSEGV');
    expect(ended.stderr).not.toContain('pageheap:');
  });

  test('costs a healthy process nothing', async () => {
    const ended = await child.run(['none']);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(ended.stdout).toContain('alive');
  });
});

describe('the descriptor', () => {
  const empty = { origin: 0, pages: 0, ranges: [], columns: {}, stateNames: [] };

  test('is as long as the struct of the addon', () => {
    expect(crashDescriptorBytes).toBe(920);
  });

  test('refuses more ranges or states than it holds', () => {
    const into = new Uint8Array(crashDescriptorBytes);
    const range = { low: 0, high: 1, name: 'x' };
    expect(() => writeCrashDescriptor(into, { ...empty, ranges: new Array(9).fill(range) })).toThrow(
      PageHeapError,
    );
    expect(() => writeCrashDescriptor(into, { ...empty, stateNames: new Array(9).fill('x') })).toThrow(
      PageHeapError,
    );
    expect(into.every((byte) => byte === 0)).toBe(true);
  });
});
