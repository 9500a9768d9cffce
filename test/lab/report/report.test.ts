import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../lib/lab/metrics/facts.ts';
import { belief } from '../../../lib/lab/metrics/rss.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import {
  formatBytes,
  formatCompact,
  formatDuration,
  formatShare,
  formatTick,
  formatTime,
} from '../../../lib/lab/report/client/format.ts';
import { clientProgram } from '../../../lib/lab/report/client-bundle.ts';
import { html, raw, scriptJson, scriptText } from '../../../lib/lab/report/html.ts';
import { packPages } from '../../../lib/lab/report/page-pairs.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { isWhole, times } from '../../support/extent.ts';
import { longRun, spike } from '../support/long-run.ts';
import { syntheticRun } from '../support/synthetic-run.ts';
import { header, payloadIn, sample } from './made-report.ts';

const mib = 1024 * 1024;
const root = new URL('../../../', import.meta.url);
describe('toRunData', () => {
  it('sorts lines by kind and by time', () => {
    const run = toRunData([
      header,
      sample(20, 1),
      sample(10, 2),
      { k: 'gc', t: 5 },
      { k: 'end', t: 30, reason: 'done' },
    ]);
    expect(run.samples.map((s) => s.t)).toEqual([10, 20]);
    expect(run.collections).toHaveLength(1);
    expect(run.end?.reason).toBe('done');
    expect(run.remarks).toEqual([]);
  });

  it('says that a run without an end line did not finish', () => {
    const run = toRunData([header, sample(0, 1)]);
    expect(run.end).toBeUndefined();
    expect(run.remarks.join(' ')).toContain('did not finish');
  });

  it('counts lines that it does not understand', () => {
    const strange = [
      null,
      7,
      [],
      { t: 1 },
      { k: 'later', t: 1 },
      { k: 's', t: 1 },
      { k: 'map', t: 1, bits: {} },
    ];
    const run = toRunData([header, ...strange, { k: 'end', t: 1 }]);
    expect(run.remarks).toEqual(['7 lines were not understood and left out.']);
  });

  it.each([
    ['no header', [sample(0, 1)]],
    ['nothing', []],
    ['another format', [{ k: 'run', format: 'pageheap-run/3' }]],
  ])('refuses a file with %s', (_what, lines) => {
    expect(() => toRunData(lines)).toThrow(expect.objectContaining({ code: 'ERR_RUN_FILE' }));
  });
});

describe('factsOf', () => {
  it('finds peak, end and the half of the decay', () => {
    const levels = [10, 400, 1000, 900, 590, 550, 300, 200, 100];
    const facts = factsOf(toRunData([header, ...levels.map((rss, i) => sample(i * 1000, rss))]))!;
    expect(facts.peak).toEqual({ t: 2000, bytes: 1000 });
    expect(facts.end).toEqual({ t: 8000, bytes: 100 });
    expect(facts.decay.halfAfter).toBe(3000);
    expect(facts.idle).toBeUndefined();
  });

  it('measures the idle stretch from its first sample', () => {
    const lines = [800, 500, 400, 200].map((rss, i) =>
      sample(i * 10, rss, { phase: i > 0 ? 'idle' : 'replay' }),
    );
    const facts = factsOf(toRunData([header, ...lines]))!;
    expect(facts.idle).toEqual({ from: { t: 10, bytes: 500 }, to: { t: 30, bytes: 200 }, halfAfter: 12.5 });
  });

  it('tells what of the RSS at the end is LazyFree', () => {
    const lines = [900, 1000, 1000].map((rss, i) =>
      sample(i * 10, rss, { phase: i > 0 ? 'idle' : 'replay' }),
    );
    const run = toRunData([
      header,
      ...lines,
      sample(40, 1000, { phase: 'idle', lazy: 800 }),
      sample(50, 1000, { phase: 'idle' }),
    ]);
    expect(factsOf(run)!.lazyAtEnd).toBe(800);
    const text = renderReport(run).replace(/\u00a0/g, ' ');
    expect(text.includes('80 % of that is LazyFree')).toBe(true);
    expect(text.includes('RSS stayed at 0.98 KiB')).toBe(true);
  });

  it('tells what is to be known of the trace, as the terminal does', () => {
    const lines = [
      header,
      sample(0, 1),
      { k: 'end', t: 1, reason: 'done', trace: { malformedLines: 3, firstMalformedLine: 7 } },
    ];
    const text = renderReport(toRunData(lines)).replace(/\u00a0/g, ' ');
    expect(text).toMatch(/<p class="remark">In the trace: 3 lines are [^<]*\.<\/p>/);
  });

  it('has no half where nothing fell, and no facts without samples', () => {
    expect(factsOf(toRunData([header, sample(0, 1), sample(1, 2)]))!.decay.halfAfter).toBeUndefined();
    expect(factsOf(toRunData([header]))).toBeUndefined();
  });

  it('believes in HeapSys − HeapReleased, or in use and free where sys is missing', () => {
    const base = { k: 's', t: 0, inuse: 5, free: 3, released: 2, rss: 0 } as const;
    expect(belief(base)).toBe(8);
    expect(belief({ ...base, sys: 14 })).toBe(12);
  });
});

describe('numbers in words', () => {
  it.each([
    [formatBytes(0), '0 B'],
    [formatBytes(1023), '1.00 KiB'],
    [formatBytes(307.2 * mib), '307 MiB'],
    [formatBytes(-3.25 * mib), '−3.25 MiB'],
    [formatBytes(1000 * mib), '0.98 GiB'],
    [formatTick(64 * mib), '64 MiB'],
    [formatTick(2.5 * mib), '2.5 MiB'],
    [formatTick(100 * mib), '100 MiB'],
    [formatTick(512), '512 B'],
    [formatDuration(0.4), '400 µs'],
    [formatDuration(850), '850 ms'],
    [formatDuration(12_440), '12.4 s'],
    [formatDuration(200_000), '3 min 20 s'],
    [formatDuration(7_500_000), '2 h 05 min'],
    [formatTime(8_400), '8.40 s'],
    [formatTime(7_511_000), '2:05:11'],
    [formatShare(36, 1000), '3.6 %'],
    [formatShare(1, 0), '–'],
    [formatShare(1, 1e6), '< 0.1 %'],
    [formatShare(0, 1e6), '0 %'],
    [formatCompact(160_002), '160 k'],
    [formatCompact(1_920_406), '1.92 M'],
    [formatCompact(8_000), '8,000'],
  ])('writes %s', (written, expected) => {
    expect(written).toBe(expected);
  });
});

describe('text into HTML', () => {
  const hostile = `</script><script>alert("1")</script><!-- & 'x' \u2028`;

  it('escapes values, but not HTML', () => {
    expect(html`<b title="${hostile}">${raw('<i>')}${[html`${'<'}`]}</b>`.html).not.toContain('<script>');
    expect(html`${raw('<i>')}${'<'}`.html).toBe('<i>&lt;');
  });

  it('writes JSON that cannot end its element, and is the same value', () => {
    const text = scriptJson({ hostile });
    expect(text).not.toMatch(/<|\u2028/);
    expect(JSON.parse(text)).toEqual({ hostile });
  });

  it('makes program text safe', () => {
    expect(scriptText('const a = "</script><!--";')).toBe('const a = "<\\/script><\\!--";');
  });

  it('escapes every text of a run file in the report', () => {
    const lines = syntheticRun({ replay: 1, idle: 1, peakMiB: 8, name: hostile }).map((line) =>
      line.k === 'run'
        ? {
            ...line,
            command: [hostile],
            trace: { name: hostile },
            env: { kernel: hostile, fallbacks: [hostile, { hostile }] },
          }
        : line,
    );
    lines.push(
      { k: 'gc', t: 1, line: hostile },
      { k: 'map', t: 1, label: hostile, bits: { state: 'Aw==', resident: 'Ag==' } },
    );
    lines.push({ k: 'classes', t: 1, rows: [{ [hostile]: hostile, class: hostile, spans: 1 }] });
    lines.push({ k: 'end', t: 1, reason: hostile, error: hostile, summary: { [hostile]: hostile } });
    const page = renderReport(toRunData(lines));
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page.match(/<\/script>/g)).toHaveLength(3);
    expect(page).not.toContain('<!-- &');
    expect(payloadIn(page).maps.some((map) => map.label === hostile)).toBe(true);
  });
});

describe('the page’s program', () => {
  it.each(['run-page.js', 'comparison-page.js', 'grid-page.js'] as const)(
    '%s is a sound script that imports nothing',
    (entry) => {
      const program = clientProgram(entry);
      expect(() => new Script(program)).not.toThrow();
      expect(program).not.toMatch(/\b(?:import|export|require)\b *[({'"*]/);
    },
  );
});

describe('renderReport', () => {
  const page = renderReport(toRunData(syntheticRun()));

  it('says what happened to RSS in words', () => {
    const run = toRunData(syntheticRun());
    const facts = factsOf(run)!;
    const text = page.replace(/<[^>]*>/g, '').replace(/\u00a0/g, ' ');
    expect(text).toContain(`peaked at ${formatBytes(facts.peak.bytes)} at ${formatTime(facts.peak.t)}`);
    expect(text).toContain(`which is ${formatShare(facts.end.bytes, facts.peak.bytes)} of the RSS peak`);
    expect(text).toContain(
      `${formatDuration(facts.decay.halfAfter!)} after decay start, at ${formatTime(facts.decay.from.t)}`,
    );
    expect(text).toContain(`The heap made ${run.collections.length} collections`);
  });

  it('may load nothing, and names nothing to load', () => {
    expect(page.includes('content="default-src &#39;none&#39;;')).toBe(true);
    const loads = /<[a-z][^>]*\s(src|href)=["'](?!data:|#)[^>]*>|@import|url\(/.exec(page);
    expect(loads?.[0]).toBeUndefined();
  });

  it('carries the page maps whole', () => {
    const run = toRunData(syntheticRun());
    const { maps } = payloadIn(page);
    expect(maps.map((map) => map.label)).toEqual(run.maps.map((map) => map.label));
    const bytes = inflateRawSync(Buffer.from(maps[2].data, 'base64'));
    const { state, resident } = run.maps[2].bits;
    expect(bytes.equals(packPages(Buffer.from(state, 'base64'), Buffer.from(resident, 'base64')))).toBe(true);
    expect(maps[2].ranges).toEqual(run.maps[2].ranges);
  });

  it('shows a run that has next to nothing', () => {
    for (const lines of [
      [header],
      [header, sample(0, 0)],
      [header, sample(5, 1), { k: 'end', t: 6, reason: 'interrupted' }],
    ]) {
      expect(renderReport(toRunData(lines))).toContain('</html>');
    }
  });

  it('keeps a report of hours below 5 MB without losing the spike', () => {
    const hours = isWhole ? times(1) : 0.3;
    const run = toRunData(longRun(hours));
    expect(run.samples.length).toBe(hours * 36_000);
    const long = renderReport(run);
    expect(Buffer.byteLength(long)).toBeLessThan(5_000_000);
    const payload = payloadIn(long);
    expect(Math.max(...payload.series.rss.map((n) => n ?? 0))).toBe(spike);
    expect(payload.series.t.length).toBeLessThan(8000);
    const scavenged = run.scavenges.reduce((sum, mark) => sum + (mark.bytes ?? 0), 0);
    expect(payload.scavenges.reduce((sum, mark) => sum + mark.bytes, 0)).toBe(scavenged);
  });
});

describe('built', () => {
  it('gives the same page as from the sources', () => {
    const lines = syntheticRun({ replay: 2, idle: 2, peakMiB: 20 });
    const folder = mkdtempSync(join(tmpdir(), 'pageheap-report-'));
    writeFileSync(join(folder, 'run.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const built = (name: string): string => JSON.stringify(new URL(`dist/lib/${name}`, root).href);
    writeFileSync(
      join(folder, 'render.mjs'),
      `import { readFileSync } from 'node:fs';
       import { renderReport } from ${built('lab/report/render.js')};
       import { toRunData } from ${built('lab/record/run-data.js')};
       const text = readFileSync(new URL('./run.jsonl', import.meta.url), 'utf8');
       process.stdout.write(renderReport(toRunData(text.split('\\n').map((line) => JSON.parse(line)))));`,
    );
    const page = execFileSync(process.execPath, [join(folder, 'render.mjs')], {
      encoding: 'utf8',
      maxBuffer: 64 * mib,
    });
    rmSync(folder, { recursive: true });
    expect(page).toBe(renderReport(toRunData(lines)));
  });
});
