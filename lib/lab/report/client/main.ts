/// <reference lib="dom" />
/**
 * The page's program: reads the run from the page, draws the charts and the page maps, and wires the
 * controls. Everything that is text or a table stands in the page already and works without it.
 */

import type { Payload } from '../payload.ts';
import { ChartGroup } from './chart-group.ts';
import { byId } from './dom.ts';
import { PageMaps } from './page-map.ts';
import { wirePrinting } from './print-page.ts';
import { drawRunCharts } from './run-charts.ts';
import { wireSections } from './sections.ts';
import { wireSorting } from './sort-table.ts';

/** The moments: slider, buttons, and the table whose rows are moments too. */
function wireMoments(payload: Payload): void {
  if (payload.maps.length === 0) {
    return;
  }
  const pages = new PageMaps(payload.maps);
  const slider = byId('moment') as HTMLInputElement;
  const name = byId('moment-name');
  const rows = [...document.querySelectorAll<HTMLTableRowElement>('#moments tbody tr')];
  const go = (wanted: number): void => {
    const moment = Math.min(Math.max(wanted, 0), payload.maps.length - 1);
    slider.value = String(moment);
    const title = rows[moment]?.dataset.title ?? '';
    slider.setAttribute('aria-valuetext', title);
    name.textContent = title;
    rows.forEach((row, i) => {
      row.toggleAttribute('data-current', i === moment);
      row.querySelector('button')?.setAttribute('aria-pressed', String(i === moment));
    });
    (byId('moment-before') as HTMLButtonElement).disabled = moment === 0;
    (byId('moment-after') as HTMLButtonElement).disabled = moment === payload.maps.length - 1;
    pages.show(moment).catch((error: unknown) => {
      byId('page-readout').textContent = `This browser cannot unpack the page map: ${String(error)}`;
    });
  };
  slider.addEventListener('input', () => go(Number(slider.value)));
  byId('moment-before').addEventListener('click', () => go(Number(slider.value) - 1));
  byId('moment-after').addEventListener('click', () => go(Number(slider.value) + 1));
  rows.forEach((row, i) => {
    row.addEventListener('click', () => go(i));
  });
  go(Number(slider.value));
}

/** Which moment's size classes are shown, and whether the empty classes are. */
function wireClasses(): void {
  const choice = document.getElementById('class-moment') as HTMLSelectElement | null;
  choice?.addEventListener('change', () => {
    for (const table of document.querySelectorAll<HTMLElement>('[data-classes]')) {
      table.hidden = table.dataset.classes !== choice.value;
    }
  });
}

/** Which kinds of lines are shown. */
function wireLines(): void {
  for (const box of document.querySelectorAll<HTMLInputElement>('input[data-lines]')) {
    box.addEventListener('change', () => {
      byId('lines').classList.toggle(`without-${box.dataset.lines}`, !box.checked);
    });
  }
}

/** Draws everything. */
function start(): void {
  document.documentElement.classList.add('scripted');
  wireSections();
  wireSorting();
  wirePrinting();
  const payload = JSON.parse(byId('run-data').textContent ?? '{}') as Payload;
  const times = payload.series.t;
  if (times.length > 0) {
    const group = new ChartGroup(Math.min(0, times[0]), times[times.length - 1]);
    drawRunCharts(payload, group, payload.beside);
  }
  wireMoments(payload);
  wireClasses();
  wireLines();
}

start();
