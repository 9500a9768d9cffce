import { describe, expect, it } from 'vitest';
import { PageHeapError } from '../../lib/base/errors.ts';
import { parseByteCount, readEnvironment } from '../../lib/design/environment.ts';
import { noMemoryLimit } from '../../lib/gc/gc-settings.ts';

const int64Max = 2 ** 63;

describe('GOGC', () => {
  it.each([
    ['', undefined, 0],
    ['100', 100, 0],
    ['0', 0, 0],
    ['007', 7, 0],
    ['50', 50, 0],
    ['-1', -1, 0],
    ['-200', -200, 0],
    ['off', -1, 0],
    ['2147483647', 2147483647, 0],
    ['-2147483648', -2147483648, 0],
    ['2147483648', 100, 1],
    ['99999999999999999999999', 100, 1],
    ['-', 0, 0],
    ['+50', 100, 1],
    ['50%', 100, 1],
    [' 50', 100, 1],
    ['50 ', 100, 1],
    ['1e2', 100, 1],
    ['0x10', 100, 1],
    ['OFF', 100, 1],
    ['٣', 100, 1],
  ])('%j is %j with %i warnings', (text, percent, warnings) => {
    const read = readEnvironment({ GOGC: text });
    expect(read.gcPercent).toBe(percent);
    expect(read.warnings.length).toBe(warnings);
    for (const warning of read.warnings) expect(warning).toContain(`GOGC=${text}`);
  });

  it('unset leaves the choice to the heap', () => {
    expect(readEnvironment({})).toEqual({
      gcPercent: undefined,
      memoryLimit: undefined,
      debug: {},
      warnings: [],
    });
  });
});

describe('GOMEMLIMIT', () => {
  it.each([
    ['', undefined],
    ['off', noMemoryLimit],
    ['0', 0],
    ['1', 1],
    ['1048576', 1048576],
    ['10B', 10],
    ['0B', 0],
    ['5KiB', 5 * 1024],
    ['10MiB', 10 * 2 ** 20],
    ['1GiB', 2 ** 30],
    ['16TiB', 16 * 2 ** 40],
    ['8388607TiB', 8388607 * 2 ** 40],
    ['0000000000000000000000001GiB', 2 ** 30],
    ['9223372036854775807', int64Max],
    ['9223372036854775807B', int64Max],
    ['9007199254740991KiB', 9007199254740991 * 1024],
  ])('%j is %j bytes', (text, wanted) => {
    expect(readEnvironment({ GOMEMLIMIT: text }).memoryLimit).toBe(wanted);
  });

  it.each([
    '10MB',
    '10M',
    '10Mi',
    '10 MiB',
    ' 10MiB',
    '10MiB ',
    '10mib',
    '1.5GiB',
    '1e9',
    '-1',
    '-1MiB',
    '-1B',
    '-B',
    '+1',
    'B',
    'iB',
    'KiB',
    'MiB',
    '10PiB',
    '10KiBB',
    'OFF',
    'none',
    '9223372036854775808',
    '9223372036854775808B',
    '8388608TiB',
    '9007199254740992KiB',
    '18446744073709551616',
    '99999999999999999999999999',
    '1\n',
    '0x10',
  ])('%j is malformed', (text) => {
    expect(parseByteCount(text)).toBeUndefined();
    const read = () => readEnvironment({ GOMEMLIMIT: text });
    expect(read).toThrow(PageHeapError);
    expect(read).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        value: text,
        message: expect.stringContaining('malformed GOMEMLIMIT') as string,
      }),
    );
  });
});

describe('GODEBUG', () => {
  it.each([
    ['', {}],
    ['gctrace=1', { gctrace: 1 }],
    [
      'gctrace=1,scavtrace=1,madvdontneed=0,harddecommit=1',
      { gctrace: 1, scavtrace: 1, madvdontneed: 0, harddecommit: 1 },
    ],
    [
      'clobberfree=1,disablethp=1,scavenge=1,decoratemappings=0',
      { clobberfree: 1, disablethp: 1, scavenge: 1, decoratemappings: 0 },
    ],
    ['gctrace=1,gctrace=2', { gctrace: 2 }],
    ['gctrace=1,gctrace=x', { gctrace: 1 }],
    ['gctrace', {}],
    ['gctrace=', {}],
    ['gctrace=-5', { gctrace: -5 }],
    ['gctrace=2147483648', {}],
    [' gctrace=1', {}],
    ['gctrace= 1', {}],
    ['gctrace=1=2', {}],
    [',,gctrace=1,,', { gctrace: 1 }],
    ['http2client=0,unknown=1', {}],
    ['toString=1,__proto__=1,constructor=1', {}],
  ])('%j sets %j', (text, wanted) => {
    const read = readEnvironment({ GODEBUG: text });
    expect(read.debug).toEqual(wanted);
    expect(read.warnings).toEqual([]);
  });

  it('says which switches of the family do nothing here', () => {
    const read = readEnvironment({ GODEBUG: 'efence=1,gcpacertrace=1,gctrace=1' });
    expect(read.debug).toEqual({ efence: 1, gctrace: 1 });
    expect(read.warnings).toEqual(['GODEBUG: gcpacertrace has no effect in this heap']);
  });
});
