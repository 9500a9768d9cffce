/**
 * linked-list: a long list whose nodes come and go, on a heap that traces.
 *
 * At one end nodes are added, at the other they are taken off, and every eighth time the node behind a cursor in the midst
 * of it is taken out and another put in. So in the end every node was replaced many times. A list has one way through
 * it: marking finds the next object only when it has read the one before, whatever the order.
 */
import type { Heap } from '../../api/heap.ts';
import { mib, question, type Workload, type WorkloadContext } from './workload.ts';

const nodes = 250_000;
const rounds = 12;
const fields = { next: 'pointer', key: 'f64', payload: ['f64', 4] } as const;

class List {
  made = 0;
  readonly #heap: Heap;
  readonly #node;
  readonly #head;
  readonly #tail;
  readonly #cursor;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#node = heap.type(fields);
    this.#head = heap.root();
    this.#tail = heap.root();
    this.#cursor = heap.root();
  }

  get nodeBytes(): number {
    return this.#node.layout.size;
  }

  add(key: number): void {
    const node = this.#make(key);
    if (this.#head.address === 0) {
      this.#head.address = node;
      this.#cursor.address = node;
    } else {
      this.#node.next.set(this.#tail.address, node);
    }
    this.#tail.address = node;
  }

  /** Takes the first one off. */
  shift(): void {
    const head = this.#head.address;
    const next = this.#node.next.get(head);
    if (this.#cursor.address === head) this.#cursor.address = next;
    this.#head.address = next;
  }

  /** Puts a new node in place of the one behind the cursor, and moves the cursor on. */
  replace(key: number): void {
    const { next } = this.#node;
    const at = this.#cursor.address;
    const old = next.get(at);
    if (old === 0 || old === this.#tail.address) {
      this.#cursor.address = this.#head.address;
      return;
    }
    const node = this.#make(key);
    next.set(node, next.get(old));
    next.set(at, node);
    this.#cursor.address = node;
  }

  /** How many nodes there are, and the sum of their keys. */
  count(): { length: number; sum: number } {
    const { next, key } = this.#node;
    let length = 0;
    let sum = 0;
    for (let node = this.#head.address; node !== 0; node = next.get(node)) {
      length++;
      sum += key.get(node);
    }
    return { length, sum };
  }

  dispose(): void {
    for (const root of [this.#head, this.#tail, this.#cursor]) root.dispose();
  }

  #make(key: number): number {
    const node = this.#heap.new(this.#node);
    this.#node.key.set(node, key);
    this.made++;
    return node;
  }
}

async function run(c: WorkloadContext): Promise<void> {
  const length = Math.max(100, Math.round(nodes * c.scale));
  const list = new List(c.traced());
  let key = 0;
  const told = async (): Promise<void> => {
    c.made(list.made, list.nodeBytes);
    list.made = 0;
    if (c.due()) await c.turn();
  };
  const tell = (what: string): void => {
    const now = list.count();
    c.print(`${what}\t nodes: ${now.length}\t sum: ${now.sum}`);
    c.endPhase(what);
  };
  while (key < length) {
    list.add(++key);
    if (key % 64 === 0) await told();
  }
  tell('made');
  for (let round = 1; round <= rounds; round++) {
    for (let i = 0; i < length; i++) {
      list.add(++key);
      list.shift();
      if (i % 8 === 0) list.replace(++key);
      if (i % 64 === 0) await told();
    }
    if (round % 4 === 0) tell(`round ${round}`);
  }
  list.dispose();
  c.gc();
  c.endPhase('given up');
}

export const linkedList: Workload = {
  name: 'linked-list',
  description:
    'A list of 250,000 nodes whose nodes are replaced many times over: added at one end, taken off at the other, exchanged ' +
    'in between. Nothing is dropped. Marking a list is waiting for one node after the other, in either order. What it ' +
    'prints is the same in every design.',
  questions: [question.tracing, question.gogc],
  seed: 1,
  idleSeconds: 0,
  peakBytes: 24 * mib,
  heap: { liveness: 'tracing' },
  run,
};
