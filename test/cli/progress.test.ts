/** Bars and charts on a terminal: what is written meanwhile stands above them, whole. */
import { describe, expect, it } from 'vitest';
import { LiveChart } from '../../lib/cli/live-chart.ts';
import { Progress } from '../../lib/cli/progress.ts';
import { Terminal } from '../../lib/cli/terminal.ts';

/** A window that obeys what bars and charts use of VT100. Rows are as they stand at the end. */
class Screen {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  readonly #cells: string[][] = [[]];
  #x = 0;
  #y = 0;
  #saved = [0, 0];
  cursor = true;

  write(text: string): boolean {
    for (const [part] of text.replaceAll('\x1b', '␛').matchAll(/␛\[\??([\d;]*)[A-Za-z]|␛[78]|./gsu))
      this.#take(part);
    return true;
  }

  #take(part: string): void {
    const n = Number(/\d+/.exec(part)?.[0] ?? 0);
    const row = this.#row();
    if (part === '\n') [this.#x, this.#y] = [0, this.#y + 1];
    else if (part === '\r') this.#x = 0;
    else if (part === '␛7') this.#saved = [this.#x, this.#y];
    else if (part === '␛8') [this.#x, this.#y] = this.#saved;
    else if (/^␛\[\?25/.test(part)) this.cursor = part.endsWith('h');
    else if (/^␛\[\d*G$/.test(part)) this.#x = Math.max(0, n - 1);
    else if (/^␛\[\d*A$/.test(part)) this.#y = Math.max(0, this.#y - (n || 1));
    else if (/^␛\[[01]?K$/.test(part)) row.length = Math.min(row.length, this.#x);
    else if (part === '␛[2K') row.length = 0;
    else if (/^␛\[0?J$/.test(part)) {
      row.length = Math.min(row.length, this.#x);
      this.#cells.length = this.#y + 1;
    } else if (!part.startsWith('␛')) row[this.#x++] = part;
  }

  #row(): string[] {
    for (;;) {
      const row = this.#cells[this.#y];
      if (row !== undefined) return row;
      this.#cells.push([]);
    }
  }

  get lines(): string[] {
    const lines = this.#cells.map((row) =>
      Array.from(row, (c) => c ?? ' ')
        .join('')
        .trimEnd(),
    );
    return lines.join('\n').trimEnd().split('\n');
  }
}

const both = (): { screen: Screen; terminal: Terminal } => {
  const screen = new Screen();
  return { screen, terminal: new Terminal(screen, screen, {}) };
};

describe('a bar', () => {
  it('makes room for each line, stands below it, and leaves nothing', () => {
    const { screen, terminal } = both();
    terminal.note('before');
    const bar = new Progress(terminal, 10, 40);
    bar.update(4, 'the fourth of ten things, which has a long name');
    terminal.note('stopping when it has ended');
    expect(screen.lines.slice(0, 2)).toEqual(['before', 'stopping when it has ended']);
    expect(screen.lines[2]).toMatch(/█+░+ 40 % the fourth of ten/);
    expect(screen.cursor).toBe(false);
    terminal.print('a result');
    bar.update(9, 'short');
    bar.stop();
    bar.stop();
    terminal.note('What was recorded until then: here');
    expect(screen.lines).toEqual([
      ...['before', 'stopping when it has ended', 'a result'],
      'What was recorded until then: here',
    ]);
    expect(screen.cursor).toBe(true);
  });

  it('leaves signals to who obeys them, and is taken away as the process exits', () => {
    const signals = process.listenerCount('SIGINT');
    const exits = process.listenerCount('exit');
    const bar = new Progress(both().terminal, 10, 40);
    expect([process.listenerCount('SIGINT'), process.listenerCount('exit')]).toEqual([signals, exits + 1]);
    bar.stop();
    expect(process.listenerCount('exit')).toBe(exits);
  });

  it('is none where there is no terminal', () => {
    let said = '';
    const stream = {
      write: (text: string) => {
        said += text;
        return true;
      },
    };
    const terminal = new Terminal(stream, stream, {});
    const bar = new Progress(terminal, 10, 40);
    bar.update(3, 'x');
    bar.stop();
    expect([bar.isShown, said]).toEqual([false, '']);
  });
});

it('a chart makes room, too', () => {
  const { screen, terminal } = both();
  let now = 0;
  const chart = new LiveChart(terminal, () => (now += 1000));
  const show = (t: number): void =>
    chart.show({ phase: 'replay', ops: t, sample: { t, rss: 2 ** 20 * (1 + t), inuse: 2 ** 19 } } as never, [
      `status ${t}`,
    ]);
  for (const t of [1, 2, 3]) show(t);
  terminal.note('stopping');
  for (const t of [4, 5]) show(t);
  expect(screen.lines[0]).toBe('stopping');
  expect(screen.lines.filter((line) => line.includes('status'))).toEqual(['status 5']);
  chart.stop();
  terminal.note('over');
  expect([screen.lines, screen.cursor]).toEqual([['stopping', 'over'], true]);
});
