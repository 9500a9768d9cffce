/**
 * The top of the report: what happened to RSS, in sentences and in a few large numbers.
 *
 * Every sentence is made of facts (metrics/facts.ts) and says only what the run shows: no half-time where RSS
 * did not fall, no idle stretch where there was none.
 */

import { shellWords } from '../../base/shell-words.ts';
import { countsOf } from '../metrics/counts.ts';
import { type Facts, type RunFacts, runFactsOf } from '../metrics/facts.ts';
import { paceOf } from '../metrics/pace.ts';
import type { RunHeader } from '../record/lines.ts';
import { decayStart, rssPeak } from '../record/moments.ts';
import type { RunData } from '../record/run-data.ts';
import {
  formatBytes,
  formatCompact,
  formatDuration,
  formatNumber,
  formatShare,
  formatTime,
} from './client/format.ts';
import { type Html, html, raw, unbroken } from './html.ts';
import { heldUpWords } from './pace-words.ts';
import { traceWords } from './trace-words.ts';

const mostTimes = 10;

/** `at 1.20 s, 3.40 s and 5.00 s`, cut in the middle when there are many. */
function timesInWords(times: readonly number[]): string {
  const words = times.map(formatTime);
  if (words.length === 1) {
    return `at ${words[0]}`;
  }
  if (words.length > mostTimes) {
    return `the first at ${words.slice(0, 3).join(', ')}, the last at ${words.slice(-3).join(', ')}`;
  }
  return `at ${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Of the recorded program itself: operations that were done before its memory was known first; 0 where it was from the beginning. */
export function sinceOf({ header }: RunData): number {
  if (header.contender?.name !== 'as-it-ran') return 0;
  const { since } = (header.trace?.recorded ?? {}) as { readonly since?: unknown };
  return typeof since === 'number' ? since : 0;
}

/** What its RSS is of: an allocator without ranges of its own has that of its process. */
function rssWords(run: RunData): string {
  if (run.header.contender?.rss !== 'process') return 'RSS of the heap’s own pages';
  const since = sinceOf(run);
  return `RSS of the process, less what that had before ${since > 0 ? `operation ${since}` : 'the first operation'},`;
}

function peakSentence(run: RunData, facts: Facts): Html {
  const { peak, end } = facts;
  const rss = rssWords(run);
  if (peak.t === end.t || end.bytes === peak.bytes) {
    return html`${rss} reached <b>${formatBytes(peak.bytes)}</b> at ${formatTime(peak.t)} and was
      still there at the end: nothing left it.`;
  }
  return html`${rss} peaked at <b>${formatBytes(peak.bytes)}</b> at ${formatTime(peak.t)} and ended
    at <b>${formatBytes(end.bytes)}</b>, which is <b>${formatShare(end.bytes, peak.bytes).replace('<', 'less than')}</b> of the ${rssPeak}.`;
}

/** The time to half decay, and what ended the decay where that was not the run's end. */
function halfSentence({ decay }: Facts): Html {
  const { from, to, halfAfter, forcedAt } = decay;
  const forced = forcedAt === undefined ? '' : `memory was forced back at ${formatTime(forcedAt)}`;
  if (halfAfter === undefined) return forced === '' ? html`` : html`RSS had hardly fallen when ${forced}. `;
  const ended = forced === '' ? '' : ` The decay ended at ${formatBytes(to.bytes)}: ${forced}.`;
  return html`RSS reached half decay <b>${formatDuration(halfAfter)}</b> after ${decayStart}, at ${formatTime(from.t)}.${ended} `;
}

function decaySentence(facts: Facts): Html {
  const { idle } = facts;
  const half = halfSentence(facts);
  if (idle === undefined) {
    return half;
  }
  const stretch = `In the idle stretch, from ${formatTime(idle.from.t)} on,`;
  const [before, after] = [formatBytes(idle.from.bytes), formatBytes(idle.to.bytes)];
  const change = before === after ? `RSS stayed at ${after}` : `RSS went from ${before} to ${after}`;
  const within =
    idle.halfAfter === undefined ? '' : `, half of that within ${formatDuration(idle.halfAfter)}`;
  const until = idle.forcedAt === undefined ? '' : `, until memory was forced back`;
  return html`${half}${`${stretch} ${change}${until}${within}.`}`;
}

/** Where the memory that seems to stay has gone: given back, and left with the process until it is needed. */
function lazySentence(facts: Facts): string {
  const { lazyAtEnd = 0, end } = facts;
  return lazyAtEnd * 100 < end.bytes || lazyAtEnd === 0
    ? ''
    : `${formatShare(lazyAtEnd, end.bytes)} of that is LazyFree: given back with MADV_FREE, not yet taken by the kernel.`;
}

/** The same of what was released inside huge pages. */
function hugeSentence({ hugeAtEnd = 0, end }: Facts): string {
  return hugeAtEnd * 100 < end.bytes || hugeAtEnd === 0
    ? ''
    : `${formatBytes(hugeAtEnd)} of it was released and is resident all the same, in huge pages: the kernel keeps or makes them whole.`;
}

function collectionSentence(run: RunData): string {
  const times = run.collections.map((gc) => gc.t);
  const { collections: count } = countsOf(run);
  if (count === null) return '';
  if (count === 0) return 'The heap made no collection.';
  const forced = run.collections.filter((gc) => gc.forced === true);
  const asked =
    forced.length === 0 || forced.length === count
      ? ''
      : ` (${formatNumber(forced.length)} of them forced, ${timesInWords(forced.map((gc) => gc.t))})`;
  const many = count === 1 ? 'one collection' : `${formatNumber(count)} collections`;
  const all = forced.length === count ? ', forced' : '';
  return `The heap made ${many}${all}${times.length === 0 ? '' : `, ${timesInWords(times)}`}${asked}.`;
}

function markingSentence(run: RunData): string {
  const { marking } = countsOf(run);
  if (marking === null) return '';
  const { assist, background, pauses, longest } = marking;
  const beside =
    assist + background === 0
      ? 'It was marked with the program stopped'
      : `It was marked while the program ran: ${formatDuration(assist)} of that in assists, ${formatDuration(background)} in the background`;
  return `${beside}; pauses took ${formatDuration(pauses)} in all, and the program waited ${formatDuration(longest)} at a time at most.`;
}

function finalizerSentence(run: RunData): string {
  const { queued, run: called, mostWaiting } = countsOf(run).finalizers;
  return queued === 0
    ? ''
    : `Of ${formatNumber(queued)} objects that were found dead with a finalizer ${formatNumber(called)} were finalized; at most ${formatNumber(mostWaiting)} waited for it, and kept their memory.`;
}

function restSentence(facts: RunFacts): string {
  const { inuse, free, released, trapped = 0 } = facts.last;
  if (inuse === undefined || free === undefined || released === undefined) return '';
  const kept =
    trapped === 0
      ? ''
      : ` (${formatBytes(trapped)} of that trapped: pages that share a physical page with others in use, or released)`;
  return (
    `At the end the heap believed ${formatBytes(inuse)} in use, ${formatBytes(free)} free but still ` +
    `backed${kept}, and ${formatBytes(released)} released to the system.`
  );
}

interface Tile {
  readonly value: string;
  readonly name: string;
  readonly note: string;
}

function decayNote({ decay }: Facts): string {
  if (decay.halfAfter !== undefined) return `after ${decayStart}`;
  if (decay.forcedAt !== undefined) return 'not before it was forced';
  return decay.from.bytes > decay.to.bytes ? 'RSS hardly fell' : 'RSS did not fall';
}

/** Seconds over which a trace was replayed; 0 where it went as fast as it could. */
export function pacedOver({ pace, trace }: RunHeader): number {
  const seconds = pace?.seconds;
  return trace !== undefined && trace.name !== 'stdin' && typeof seconds === 'number' ? seconds : 0;
}

function tiles(run: RunData, facts: Facts): Tile[] {
  const counts = countsOf(run);
  const { peak, end, decay, last } = facts;
  const list: Tile[] = [
    { value: formatBytes(peak.bytes), name: rssPeak, note: `at ${formatTime(peak.t)}` },
    { value: formatBytes(end.bytes), name: 'RSS at the end', note: `at ${formatTime(end.t)}` },
    { value: formatShare(end.bytes, peak.bytes), name: `of the ${rssPeak}`, note: 'is what stays' },
    {
      value: decay.halfAfter === undefined ? '–' : formatDuration(decay.halfAfter),
      name: 'time to half decay',
      note: decayNote(facts),
    },
  ];
  const { collections, madvise } = counts;
  if (collections !== null)
    list.push({
      value: formatNumber(collections),
      name: collections === 1 ? 'collection' : 'collections',
      note: `${run.collections.filter((gc) => gc.forced === true).length} forced`,
    });
  if (madvise !== null)
    list.push({
      value: formatBytes(madvise.bytes),
      name: 'given back in all',
      note:
        last.madv === undefined
          ? ''
          : `${formatNumber(madvise.calls)} ${madvise.calls === 1 ? 'call' : 'calls'} of madvise`,
    });
  const speed = run.end?.opsPerSec;
  if (speed !== undefined && Number.isFinite(speed)) {
    const ops = run.end?.ops ?? last.ops ?? 0;
    const paced = pacedOver(run.header) > 0;
    list.push({
      value: `${formatCompact(Math.round(speed))}/s`,
      name: paced ? 'operations, paced' : 'operations',
      note: `${formatNumber(ops)} in all`,
    });
  }
  return list;
}

/** A badge that says how the run ended. */
function outcome(run: RunData): Html {
  const reason = run.end === undefined ? 'did not finish' : (run.end.reason ?? 'done');
  const words: Record<string, string> = { done: 'finished', interrupted: 'interrupted', error: 'failed' };
  const kind = reason === 'done' ? 'good' : 'bad';
  return html`<span class="badge ${kind}">${words[reason] ?? reason}</span>`;
}

/** An ISO date as `2024-05-01 12:30:05 UTC`; anything else as it is. */
function dateInWords(started: string): string {
  const date = new Date(started);
  return Number.isNaN(date.getTime()) ? started : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `unbroken` for sentences with emphasis: their tags hold no digits. */
function unbrokenHtml(sentence: Html): Html {
  return raw(unbroken(sentence.html));
}

/** `workload rsscurve, seed 12345, scale 0.1`. */
function workloadInWords({ workload }: RunHeader): string {
  if (workload === undefined) return '';
  const { name, seed, scale, timeScale } = workload;
  const parts = [`workload ${String(name)}`];
  if (typeof seed === 'number') parts.push(`seed ${seed}`);
  if (typeof scale === 'number' && scale !== 1) parts.push(`scale ${scale}`);
  if (typeof timeScale === 'number' && timeScale !== 1) parts.push(`time scale ${timeScale}`);
  return parts.join(', ');
}

/** Why nothing is said of RSS, and what can be said all the same. */
function withoutRss(run: RunData): string {
  const known = runFactsOf(run);
  if (known === undefined) return 'The file holds no sample, so there is nothing to say about RSS.';
  return `No sample tells what is resident, so there is nothing to say about RSS. ${collectionSentence(run)} ${restSentence(known)}`;
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** The header and the summary. */
export function summarySection(run: RunData, facts: Facts | undefined): Html {
  const { header } = run;
  const trace = header.trace?.name ?? '';
  const title = header.name ?? (trace === '' ? 'run' : trace);
  const meta = [
    header.started === undefined ? '' : dateInWords(header.started),
    trace !== '' && trace !== title ? `trace ${trace}` : '',
    workloadInWords(header),
    header.trace?.ops === undefined ? '' : `${formatNumber(header.trace.ops)} operations`,
    typeof header.env?.pageheap === 'string' ? `pageheap ${header.env.pageheap}` : '',
  ].filter((text) => text !== '');
  const command =
    header.command === undefined
      ? html``
      : html`<p class="command"><code>${shellWords(...header.command)}</code></p>`;
  const remarks = run.remarks.map((text) => html`<p class="remark">${text}</p>`);
  for (const words of traceWords([run])) remarks.push(html`<p class="remark">${unbroken(words)}</p>`);
  const pace = paceOf(run);
  const heldUp = pace === undefined ? undefined : heldUpWords(pace);
  if (heldUp !== undefined) remarks.push(html`<p class="remark">${unbroken(capital(heldUp))}.</p>`);
  const answer =
    facts === undefined
      ? html`<p class="answer">${withoutRss(run)}</p>`
      : html`<p class="answer">${unbrokenHtml(peakSentence(run, facts))} ${unbrokenHtml(decaySentence(facts))} ${unbroken(lazySentence(facts))} ${unbroken(hugeSentence(facts))}</p>
        <p class="more">${unbroken(collectionSentence(run))} ${unbroken(markingSentence(run))} ${unbroken(finalizerSentence(run))} ${unbroken(restSentence(facts))}</p>
        <dl class="tiles">${tiles(run, facts).map(
          (tile) =>
            html`<div><dt>${tile.name}</dt><dd><b>${tile.value}</b><span>${tile.note}</span></dd></div>`,
        )}</dl>`;
  return html`<header>
    <p class="eyebrow">pageheap ${raw('·')} what happened to RSS</p>
    <h1>${title} ${outcome(run)}</h1>
    <p class="meta">${meta.join(' · ')}</p>
    ${command}
    ${remarks}
    ${answer}
  </header>`;
}
