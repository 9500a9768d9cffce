/** `pageheap question`: the list, one that is asked, what is refused, Ctrl-C. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { questions } from '../../lib/lab/questions/questions.ts';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-question-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('without a name lists them', async () => {
  const { code, out } = await inProcess(['question']);
  expect(code).toBe(0);
  for (const { question } of questions) expect(out).toContain(question);
  const { out: json } = await inProcess(['question', '--json']);
  const listed = JSON.parse(json) as { number: number; reports: { url: string }[] }[];
  expect(listed.map(({ number }) => number)).toEqual(questions.map(({ number }) => number));
  expect(listed[8]?.reports[0]?.url).toBe('https://github.com/golang/go/issues/8832');
});

it('asks one in processes of its own, draws it, keeps it, and says whether it held', async () => {
  const out = join(folder, 'one');
  const { code, out: told } = await inProcess(['question', 'limit-goal', '-o', out]);
  expect(code).toBe(0);
  expect(told).toMatch(/^14\. Does the background scavenger act on the limit\?/);
  expect(told).toMatch(/█.* most 66\.8 MiB\n/);
  expect(told).toMatch(/✓ here it gives back until the heap is below its limit: .*at most 64/);
  expect(told).toContain('Question 14: held on this machine');
  const [name = ''] = readdirSync(out);
  expect(name).toMatch(/^question-14-limit-goal-/);
  const inside = (file: string): string => readFileSync(join(out, name, file), 'utf8');
  expect(inside('picture.svg')).toMatch(/^<svg /);
  // Of two layouts the page shows the one whose words can be read.
  expect(inside('index.html')).toMatch(
    /max-width: 760px\)[\s\S]*<div class="drawn wide"><svg [^>]*viewBox="0 0 800 [\s\S]*<div class="drawn narrow"><svg [^>]*viewBox="0 0 400 /,
  );
  expect(inside('index.html')).toContain('https://github.com/golang/go/issues/62449');
  expect(inside('index.html')).toMatch(/script-src (?:'|&#39;)none/);
  expect(JSON.parse(inside('answer.json'))).toMatchObject({ number: 14, verdict: 'held' });
});

it('makes runs whose files stay, and prints one as JSON', async () => {
  const out = join(folder, 'json');
  const { code, out: told } = await inProcess(['question', '1', '--json', '--scale', '0.01', '-o', out]);
  const answer = JSON.parse(told) as {
    runs: { file: string }[];
    bounds: { holds: boolean | null }[];
    verdict: string;
  };
  expect(code).toBe({ held: 0, failed: 1, unanswerable: 3 }[answer.verdict]);
  if (answer.verdict === 'unanswerable') return;
  expect(answer.runs).toHaveLength(2);
  for (const { file } of answer.runs) expect(existsSync(file)).toBe(true);
  expect(answer.bounds.length).toBe(3);
});

it('Ctrl-C leaves no empty folder, and says what is in one that stays', async () => {
  const out = join(folder, 'interrupted');
  const stopped = (name: string, when: () => boolean): ReturnType<typeof pageheap> =>
    pageheap(['question', name, '-o', out], {
      started: (child) => {
        const timer = setInterval(() => {
          if (!when()) return;
          clearInterval(timer);
          child.kill('SIGINT');
        }, 20);
        child.once('exit', () => clearInterval(timer));
      },
    });
  const folders = (): string[] => (existsSync(out) ? readdirSync(out) : []);
  const measured = await stopped('refault', () => folders().length > 0);
  expect(measured.code).toBe(130);
  expect(folders()).toEqual([]);
  const ran = await stopped('decay', () => folders().some((name) => readdirSync(join(out, name)).length > 0));
  expect(ran.code).toBe(130);
  expect(ran.err).toMatch(/question 3 has no answer and no page; a run file .* is in \S*question-03-decay/);
  expect(ran.err).toContain('interrupted');
});

it.each<[string[], RegExp]>([
  [['question', 'nothing'], /there is no question nothing; there are 1 to 18, or released-rss/],
  [['question', 'stals'], /did you mean stalls\?/],
  [['question', 'all', 'nonsense'], /there is no question nonsense/],
  [['question', '1', '--scale', '100'], /It takes a number, 0\.01 to 8/],
  [['question', '1', '-o', ''], /It takes a folder; this one is empty/],
])('refuses %j', async (args, why) => {
  const { code, err } = await inProcess(args);
  expect(code).toBe(2);
  expect(err).toMatch(why);
});
