import { describe, expect, test } from 'vitest';
import { guardMembers } from '../../lib/meta/guard.ts';

class Base {
  readonly #counts = [0, 0];

  get sum(): number {
    return this.#counts[0]! + this.#counts[1]!;
  }

  set first(n: number) {
    this.#counts[0] = n;
  }

  protected hidden(): string {
    return 'base';
  }

  says(): string {
    return this.hidden();
  }
}

class Derived extends Base {
  field = 1;

  protected override hidden(): string {
    return 'derived';
  }
}

describe('a guarded object', () => {
  test('does what it did while its columns may be touched', () => {
    const object = new Derived();
    guardMembers(object, () => true);
    object.first = 7;
    expect([object.sum, object.says(), object.field, object instanceof Derived]).toEqual([
      7,
      'derived',
      1,
      true,
    ]);
    expect(Object.keys(object)).toEqual(['field']);
  });

  test.each<[string, string, (object: Derived) => unknown]>([
    ['a method', 'says', (object) => object.says()],
    ['a getter', 'sum', (object) => object.sum],
    [
      'a setter',
      'first',
      (object) => {
        object.first = 1;
      },
    ],
  ])('refuses %s otherwise, of the class it extends, too', (_what, member, act) => {
    let may = true;
    const object = new Derived();
    guardMembers(object, () => may);
    act(object);
    may = false;
    expect(() => act(object)).toThrow(/guarded columns are touched without their lock/);
    expect(() => act(object)).toThrow(`{"class":"Derived","member":"${member}"}`);
  });

  test('leaves others of its class alone', () => {
    const [object, other] = [new Derived(), new Derived()];
    guardMembers(object, () => false);
    expect(other.says()).toBe('derived');
  });
});
