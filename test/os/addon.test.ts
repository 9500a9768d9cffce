import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { addonCandidates, addonVersion, loadAddon } from '../../lib/os/addon.ts';
import { ManualClock, systemClock } from '../../lib/os/clock.ts';
import { errnoName } from '../../lib/os/errno.ts';
import { codeOf } from '../support/codes.ts';

const directory = mkdtempSync(join(tmpdir(), 'pageheap-addon-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('loading the addon', () => {
  test('is done once, and its version fits', () => {
    expect(loadAddon()).toBe(loadAddon());
    expect(loadAddon().version).toBe(addonVersion);
  });

  test('prefers what PAGEHEAP_ADDON names, and then tries nothing else', () => {
    expect(addonCandidates({ PAGEHEAP_ADDON: '/x/y.node' })).toEqual(['/x/y.node']);
    const usual = addonCandidates({});
    // What was built here, and after `npm run package` what is shipped.
    expect(usual.length).toBeGreaterThanOrEqual(2);
    expect(usual[0]).toMatch(/build\/Release\/pageheap\.node$/);
    expect(addonCandidates({ PAGEHEAP_ADDON: '' })).toEqual(usual);
  });

  test('says how to build it when there is none', () => {
    expect(() => loadAddon([join(directory, 'none.node')])).toThrow(
      expect.objectContaining({
        code: 'ERR_ADDON',
        message: expect.stringContaining('npm run build:native'),
      }),
    );
  });

  test('says why a file cannot be loaded, or does not fit', () => {
    const broken = join(directory, 'broken.node');
    writeFileSync(broken, 'no library');
    expect(() => loadAddon([broken])).toThrow(expect.objectContaining({ code: 'ERR_ADDON', value: broken }));
    const old = join(directory, 'old.cjs');
    writeFileSync(old, 'exports.version = 0;');
    expect(() => loadAddon([old])).toThrow(expect.objectContaining({ code: 'ERR_ADDON', value: 0 }));
  });
});

describe('errno names', () => {
  test.each([
    [12, 'ENOMEM'],
    [22, 'EINVAL'],
    [110, 'ETIMEDOUT'],
    [0, 'errno 0'],
    [4000, 'errno 4000'],
  ])('%i is %s', (errno, name) => {
    expect(errnoName(errno)).toBe(name);
  });
});

describe('clocks', () => {
  test('the system clock is CLOCK_MONOTONIC: process.hrtime agrees', () => {
    const before = Number(process.hrtime.bigint());
    const now = systemClock.now();
    const after = Number(process.hrtime.bigint());
    expect(now).toBeGreaterThanOrEqual(before - 16);
    expect(now).toBeLessThanOrEqual(after + 16);
  });

  test('a manual clock moves when told to, and only forward', () => {
    const clock = new ManualClock(100);
    expect(clock.now()).toBe(100);
    expect(clock.advance(50)).toBe(150);
    expect(clock.now()).toBe(150);
    expect(codeOf(() => clock.advance(-1))).toBe('ERR_INVALID_ARGUMENT');
    expect(codeOf(() => clock.advance(Number.NaN))).toBe('ERR_INVALID_ARGUMENT');
    expect(clock.now()).toBe(150);
  });
});
