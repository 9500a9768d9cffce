import { describe, expect, test } from 'vitest';
import { type ErrorDetail, FatalError, fatal, PageHeapError } from '../../lib/base/errors.ts';

describe('PageHeapError', () => {
  test.each<[string, ErrorDetail, string]>([
    ['without detail, the message alone', {}, 'why'],
    ['a file before the message', { file: 'a.rep' }, 'a.rep: why'],
    ['a file and a line', { file: 'a.rep', line: 3 }, 'a.rep:3: why'],
    ['a line without a file is no place', { line: 3 }, 'why'],
  ])('%s', (_what, detail, message) => {
    expect(new PageHeapError('ERR_TRACE', 'why', detail).message).toBe(message);
  });

  test('is an Error that carries its code and every detail', () => {
    const cause = new Error('below');
    const detail = { value: -1, file: 'f', line: 2, errno: 12, syscall: 'map', cause };
    const error = new PageHeapError('ERR_SYSTEM', 'm', detail);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'PageHeapError', code: 'ERR_SYSTEM', ...detail });
    expect(String(error)).toBe('PageHeapError: f:2: m');
  });

  test('has no cause of its own where none was given, even an undefined one', () => {
    expect(Object.hasOwn(new PageHeapError('ERR_FILE', 'm'), 'cause')).toBe(false);
    expect(Object.hasOwn(new PageHeapError('ERR_FILE', 'm', { cause: null }), 'cause')).toBe(true);
  });
});

test.each([
  [5, 5],
  ['text', 'text'],
  [null, null],
  [Number.NaN, null],
  [5n, '5n'],
  [() => 5, 'a function'],
  [Symbol('s'), 'Symbol(s)'],
  [{ toJSON: () => expect.fail('nobody asks') }, 'an object'],
])('in JSON it tells all that a log needs, whatever the value: case %#', (value, told) => {
  const error = new PageHeapError('ERR_INVALID_SIZE', 'why', { value, file: 'f', line: 3 });
  expect(JSON.parse(JSON.stringify({ error }))).toEqual({
    error: {
      name: 'PageHeapError',
      message: 'f:3: why',
      code: 'ERR_INVALID_SIZE',
      value: told,
      file: 'f',
      line: 3,
    },
  });
});

test('nor does it look into a value that cannot be looked into', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const json = JSON.stringify(new PageHeapError('ERR_INVALID_SIZE', 'why', { value: proxy }));
  expect(JSON.parse(json)).toMatchObject({ value: 'an object' });
});

describe('fatal', () => {
  const thrown = (act: () => unknown): unknown => {
    try {
      act();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test('throws the constant message and the numbers that show the state', () => {
    const error = thrown(() => fatal('a span is lost', { span: 3, owner: 'sweep' }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ name: 'FatalError', state: { span: 3, owner: 'sweep' } });
    expect((error as Error).message).toBe('fatal: a span is lost {"span":3,"owner":"sweep"}');
    expect(thrown(() => fatal('a span is lost'))).toMatchObject({ state: {} });
  });

  test('is no mistake of the caller: who catches those does not catch it', () => {
    expect(thrown(() => fatal('broken'))).not.toBeInstanceOf(PageHeapError);
  });
});
