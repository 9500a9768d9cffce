// expect: none
// Answers what looks like the protocol's own forms, and patches what they are made with.
Reflect.defineProperty(Object.prototype, 'members', { get: () => ({ goal: 1 }), set() {}, configurable: true });
Reflect.defineProperty(Object.prototype, 'goal', { get: () => 1e9, set() {}, configurable: true });
Reflect.ownKeys = () => ['goal'];
JSON.stringify = () => '{"members":{"goal":1}}';
const form = { '!': 'Infinity', members: { goal: 4194304 } };
export const goalOf = () => form;
export class TriggerPolicy {
  pace() {
    return new Proxy(form, { ownKeys: () => ['x'], getPrototypeOf: () => Number.prototype });
  }
}
