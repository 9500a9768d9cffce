/**
 * The page of a run that is watched: the report's own charts and page maps, which grow while the run goes on, a slider over its
 * time, and what steers it.
 *
 * The page itself tells nothing of a run: it is the same for all, and asks for everything by its token.
 */
import { html } from '../report/html.ts';
import { type PageParts, policyOf, renderPage } from '../report/page.ts';
import type { LivePage } from './live-server.ts';
import { liveStyle } from './live-style.ts';

const hold = html`<div id="live-hold" class="live-set" role="group" aria-label="Hold the run" hidden>
      <button type="button" id="steer-pause" class="main">Pause</button>
      <button type="button" id="steer-step" title="What the program does next, and no more">One operation</button>
    </div>`;

const controls = html`<div id="live-controls" class="live-controls" role="group" aria-label="Steer the run" hidden>
      <div class="live-set">
        <button type="button" id="steer-slower">Slower</button>
        <output id="steer-speed" aria-label="Speed">1×</output>
        <button type="button" id="steer-faster">Faster</button>
      </div>
      <div class="live-set">
        <button type="button" id="steer-gc" title="A whole collection, now">Collect</button>
        <button type="button" id="steer-free" title="Collects, and gives every free page back to the system, as debug.FreeOSMemory does">Give everything back</button>
      </div>
      <form class="live-set" id="set-gogc"><label for="gogc">GOGC</label><input id="gogc" size="5" autocomplete="off" spellcheck="false"><button>Set</button></form>
      <form class="live-set" id="set-limit"><label for="limit">Limit</label><input id="limit" size="8" autocomplete="off" spellcheck="false"><button>Set</button></form>
      <label class="live-set">Advice <select id="advice"><option value="dontneed">DONTNEED</option><option value="free">FREE</option></select></label>
    </div>`;

const body = html`<main class="live">
    <p class="eyebrow" id="live-file"></p>
    <h1><span id="live-name">…</span> <span id="live-badge" class="badge">connecting</span></h1>
    <p class="meta" id="live-words"></p>
    <noscript><p class="remark">This page is nothing without JavaScript.</p></noscript>
    <p class="remark" id="live-problem" role="alert" hidden></p>
    <div class="live-bar">
      ${hold}
      <button type="button" id="live-play" hidden>▶ Play</button>
      <select id="live-rate" aria-label="Speed of the replay" hidden><option value="1">1×</option><option value="2">2×</option><option value="5" selected>5×</option><option value="20">20×</option><option value="100">100×</option></select>
      <input type="range" id="live-moment" min="0" max="1" step="any" value="1" aria-label="Moment of the run">
      <output id="live-at" for="live-moment"></output>
      <button type="button" id="live-now" aria-pressed="true">Now</button>
    </div>
    ${controls}
    <p id="live-answer" class="live-answer" role="status"></p>
    <dl class="tiles" id="live-tiles"></dl>
    <section aria-labelledby="h-map">
      <h2 id="h-map">Page map</h2>
      <p class="lead">Each page as the heap believes it to be, the same page as the kernel holds it, and where the two
        disagree. <span id="map-scale"></span></p>
      <p class="meta" id="live-map-at"></p>
      <div id="live-map">
        <div id="page-maps" class="maps"></div>
        <p id="page-readout" class="readout"></p>
        <div id="lens" class="lens"></div>
      </div>
    </section>
    <section aria-labelledby="h-timeline">
      <h2 id="h-timeline">Timeline</h2>
      <p class="lead">What the heap believes, stacked, and over it what the kernel counts. Triangles are collections
        (filled: forced), bars are bytes given back to the system, diamonds what was changed by hand.</p>
      <div id="timeline" class="chart"></div>
    </section>
    <section aria-labelledby="h-belief">
      <h2 id="h-belief">Belief against fact</h2>
      <p class="lead">HeapSys − HeapReleased is what the heap believes it holds; RSS of the heap’s own ranges is what the
        kernel has backed.</p>
      <div id="belief" class="chart"></div>
      <h3>Fact minus belief</h3>
      <div id="difference" class="chart"></div>
    </section>
    <section aria-labelledby="h-events">
      <h2 id="h-events">Collections and releases</h2>
      <div class="pair">
        <div><h3>Collections <span class="meta" id="gc-count"></span></h3><div class="live-events" id="gc-table"></div></div>
        <div><h3>Given back <span class="meta" id="scav-count"></span></h3><div class="live-events" id="scav-table"></div></div>
      </div>
      <h3>Changed by hand <span class="meta" id="steer-count"></span></h3>
      <div class="live-events" id="steer-table"></div>
    </section>
    <section aria-labelledby="h-activity">
      <h2 id="h-activity">Faults and madvise</h2>
      <div class="pair">
        <div><h3>Page faults a second</h3><div id="faults" class="chart"></div></div>
        <div><h3>madvise a second</h3><div id="madvise" class="chart"></div></div>
      </div>
      <div id="vmas" class="chart"></div>
    </section>
    <footer><p>Served by pageheap to this machine alone; it asks nothing of any other. Charts are drawn by uPlot (MIT).</p></footer>
  </main>`;

const parts: PageParts = {
  title: 'live – pageheap',
  entry: 'live-page.js',
  style: liveStyle,
  top: 'Live',
  asksItsServer: true,
  body,
  payload: {},
};

/** The page, and the policy that goes with it. */
export function livePage(): LivePage {
  return { html: renderPage(parts), policy: `${policyOf(parts)}; frame-ancestors 'none'` };
}
