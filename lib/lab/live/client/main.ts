/// <reference lib="dom" />
/**
 * The program of the live page: takes the run's lines as they come, and shows what they come to, as often as the browser
 * draws and no more than four times a second. A tab that nobody sees draws nothing, and has it all when it is seen again.
 */
import type { RunMap } from '../../record/lines.ts';
import { ChartGroup } from '../../report/client/chart-group.ts';
import { byId } from '../../report/client/dom.ts';
import { formatTime } from '../../report/client/format.ts';
import { PageMapView } from '../../report/client/page-map.ts';
import { type DrawnChart, drawRunCharts } from '../../report/client/run-charts.ts';
import { wireSections } from '../../report/client/sections.ts';
import type { LiveState, WatchMode } from '../live-lines.ts';
import { Connection, type ConnectionState } from './connection.ts';
import { Controls } from './controls.ts';
import { showEvents } from './events.ts';
import { LiveData } from './live-data.ts';
import { LiveMoments } from './live-moments.ts';
import { type Commands, showProblem } from './problem.ts';
import { badgeOf, wordsOf } from './state-words.ts';
import { showTiles } from './tiles.ts';
import { TimeSlider } from './time-slider.ts';

const leastDrawGapMs = 250;

function start(): void {
  document.documentElement.classList.add('scripted');
  wireSections();
  const data = new LiveData();
  const moments = new LiveMoments();
  const maps = new PageMapView();
  const group = new ChartGroup(0, 1);
  let charts: DrawnChart[] | undefined;
  let state: LiveState = { phase: 'starting' };
  let mode: WatchMode = 'run';
  let connected: ConnectionState = 'broken';
  let commands: Commands;
  let isNew = false;
  let waits = false;
  let lastDrawn = Number.NEGATIVE_INFINITY;
  let shownMap = Number.NaN;

  const showBadge = (): void => {
    const [word, kind] = badgeOf(state, mode, connected);
    const badge = byId('live-badge');
    badge.textContent = word;
    badge.className = `badge ${kind}`;
    // Of one that is out of reach nobody knows how it stands.
    const isLost = connected === 'gone' || connected === 'refused';
    byId('live-words').textContent = isLost ? '' : wordsOf(state, data.length);
    byId('live-words').hidden = byId('live-words').textContent === '';
  };

  const showMoment = (): void => {
    const t = slider.time;
    showTiles(data.sampleAt(t), state.steer?.paused === true);
    showEvents(data.run, t);
    group.markAt(slider.follows ? undefined : t);
    // A look at the pages is a little later than the last sample.
    const moment = moments.at(slider.follows ? Number.POSITIVE_INFINITY : t);
    byId('live-map').hidden = moment === undefined;
    if (moment === undefined) {
      shownMap = Number.NaN;
      delete byId('page-maps').dataset.shown;
      byId('live-map-at').textContent =
        moments.first === undefined
          ? 'No page map is there yet.'
          : `No page map was kept until then; the first is of ${formatTime(moments.first)}.`;
      return;
    }
    if (moment.t === shownMap) return;
    const wanted = moment.t;
    shownMap = wanted;
    moment.show().then(
      (pages) => {
        if (shownMap !== wanted) return;
        maps.show(pages);
        byId('page-maps').dataset.shown = String(wanted);
        const name = moment.label === '' ? '' : `, ${moment.label}`;
        byId('live-map-at').textContent = `As it was at ${formatTime(wanted)}${name}.`;
      },
      (error: unknown) => {
        byId('page-readout').textContent = `This browser cannot unpack the page map: ${String(error)}`;
      },
    );
  };

  const draw = (): void => {
    waits = false;
    const now = performance.now();
    if (now - lastDrawn < leastDrawGapMs) {
      soon();
      return;
    }
    lastDrawn = now;
    if (isNew && data.run.samples.length > 0) {
      isNew = false;
      const { curves } = data;
      group.reach(data.length);
      if (charts === undefined) charts = drawRunCharts(curves, group, [], true);
      else for (const chart of charts) chart.renew(curves);
    }
    slider.reach(data.length);
    showMoment();
    showBadge();
    document.documentElement.dataset.drawn = String(data.run.samples.length);
  };

  const soon = (): void => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(draw);
  };
  const slider = new TimeSlider(showMoment);
  showTiles(undefined);

  const connection = new Connection({
    onRun: (hello) => {
      mode = hello.mode;
      data.clear();
      moments.clear();
      shownMap = Number.NaN;
      byId('live-file').textContent = hello.file;
      commands = hello.commands;
      if (mode === 'view') slider.offerPlay(true);
    },
    onLine: (line) => {
      isNew = true;
      soon();
      if (line.k === 'map') moments.addRecorded(line as unknown as RunMap);
      else data.add(line);
      if (line.k !== 'run') return;
      const { name = 'run' } = data.run.header;
      byId('live-name').textContent = name;
      document.title = `${name} – pageheap`;
    },
    onLive: (line) => {
      if (line.map !== undefined) moments.addSeen(line.map);
      if (line.state !== undefined) {
        state = line.state;
        const isOver = state.phase === 'over' || state.phase === 'died';
        controls.show(isOver ? undefined : state.steer);
        if (isOver) {
          connection.leave(mode === 'view');
          slider.offerPlay(true);
        }
      }
      if (line.beat !== true) soon();
    },
    onConnected: (now, why) => {
      const former = connected;
      connected = now;
      controls.reach(now === 'connected');
      showProblem(now, why, data.length, commands);
      // What it has can be looked at like a run that is over.
      if (now === 'gone' || now === 'refused') {
        controls.show(undefined);
        byId('live-answer').textContent = '';
        slider.offerPlay(true);
      } else if (former === 'gone' && mode === 'run') slider.offerPlay(false);
      showBadge();
    },
  });
  const controls = new Controls((what, value) => connection.command(what, value));
  // Another address, with another token, was typed into this tab: that alone loads nothing.
  window.addEventListener('hashchange', () => location.reload());
  connection.stay().catch((error: unknown) => {
    byId('live-problem').hidden = false;
    byId('live-problem').textContent = String(error);
  });
}

start();
