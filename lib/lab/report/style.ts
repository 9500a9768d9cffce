/**
 * The report's style sheet.
 *
 * Colours are custom properties, written #rrggbb so that canvases can use them too. The hues are those
 * of Okabe and Ito, which remain apart for every common kind of colour blindness, shifted in lightness
 * for contrast on either background; areas that touch differ in lightness as well as in hue, and
 * lines also differ in their dashes. Nothing resident is a warm grey and released a pale blue: the two stand side
 * by side in the page maps. Paper gets the light colours.
 */

const light = `
  --page: #ffffff; --panel: #ffffff; --text: #1a1f26; --muted: #566270; --line: #d9dfe6; --grid: #e6eaef;
  --lane: #f2f5f8; --idle: #f3f5f8; --accent: #0a66a8; --accent-text: #ffffff; --warn: #a43c00; --warn-page: #fff3ea; --good: #00695c;
  --ink: #11161c; --in-use: #2f86c5; --free: #eba51c; --released: #bccbea; --manual: #b8548f; --trapped: #8a5a00; --unmapped: #f8fafb;
  --lazy: #00805f; --goal: #bf4a00; --limit: #8b2470; --objects: #123f66;
  --resident: #0d5c63; --half-resident: #6fb7b3; --not-resident: #e9e7df; --unknown: #a588b8;
  --agree: #e9edf1; --over: #d55e00; --under: #56a9dc; --steer: #7a3db8;`;

const dark = `
  --page: #0e1217; --panel: #0e1217; --text: #e7ecf1; --muted: #9ba8b5; --line: #2c3540; --grid: #212933;
  --lane: #171d24; --idle: #151b22; --accent: #6cb8f0; --accent-text: #0b1a26; --warn: #ffb386; --warn-page: #2c1b10; --good: #54d1b4;
  --ink: #ffffff; --in-use: #2a72ad; --free: #b57f1c; --released: #3d4a78; --manual: #d583b5; --trapped: #f0d080; --unmapped: #12171d;
  --lazy: #35cfa2; --goal: #ffb394; --limit: #ec8fd1; --objects: #bfe0f8;
  --resident: #4fb8b0; --half-resident: #276a68; --not-resident: #2e2c28; --unknown: #7a6690;
  --agree: #222a33; --over: #ff7f2a; --under: #4f9fd6; --steer: #c89bff;`;

export const reportStyle = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root:not([data-theme=print]) { ${dark} } }
:root[data-theme=print] { color-scheme: light; }
* { box-sizing: border-box; }
html { background: var(--page); color: var(--text); -webkit-text-size-adjust: 100%; }
body { margin: 0; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 28px clamp(14px, 4vw, 48px) 60px; }
h1 { font-size: clamp(26px, 4vw, 38px); line-height: 1.15; margin: 0 0 6px; overflow-wrap: anywhere; letter-spacing: -0.01em; }
h2 { font-size: 23px; line-height: 1.25; margin: 0 0 6px; letter-spacing: -0.005em; }
h3 { font-size: 15px; margin: 22px 0 6px; color: var(--text); }
section { margin-top: 44px; padding-top: 26px; border-top: 1px solid var(--line); }
p { margin: 0 0 10px; }
b { font-weight: 650; }
[hidden] { display: none !important; }
.eyebrow { font-size: 13px; color: var(--muted); margin: 0 0 10px; letter-spacing: 0.02em; }
.meta, .none { color: var(--muted); font-size: 14px; }
.lead { color: var(--muted); max-width: 78ch; font-size: 15px; }
.command { margin: 0 0 8px; }
.command code { font-size: 13px; color: var(--muted); overflow-wrap: anywhere; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", "Liberation Mono", monospace; }
.badge { display: inline-block; vertical-align: middle; font-size: 13px; font-weight: 600; letter-spacing: 0; line-height: 1;
  padding: 5px 9px; border-radius: 99px; border: 1px solid currentColor; }
.badge.good { color: var(--good); } .badge.bad { color: var(--warn); }
.remark { border-left: 4px solid var(--warn); background: var(--warn-page); padding: 9px 14px; border-radius: 0 6px 6px 0; overflow-wrap: anywhere; }
.answer { font-size: clamp(18px, 2.2vw, 23px); line-height: 1.45; max-width: 62ch; margin: 22px 0 12px; text-wrap: pretty; }
.more { max-width: 86ch; color: var(--muted); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 1px; margin: 24px 0 0;
  border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.tiles div { box-shadow: 0 0 0 1px var(--line); padding: 14px 16px; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.tiles dt { font-size: 14px; }
.tiles dd { margin: 0; display: contents; }
.tiles b { white-space: nowrap; font-size: 25px; line-height: 1.2; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; order: 2; }
.tiles dt { order: 1; }
.tiles span { font-size: 13px; color: var(--muted); order: 0; }
.controls { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; font-size: 14px; }
button, select { font: inherit; font-size: 14px; color: var(--text); background: var(--page); border: 1px solid var(--line); border-radius: 7px; padding: 5px 11px; min-height: 34px; cursor: pointer; }
button:hover:not(:disabled), select:hover { border-color: var(--muted); }
button:disabled { opacity: 0.4; cursor: default; }
select { max-width: 100%; }
input[type=checkbox], input[type=range] { accent-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.chart { min-width: 0; }
.plot { width: 100%; min-width: 0; overflow: hidden; }
.plot .uplot { width: 100% !important; }
.legend { display: flex; flex-wrap: wrap; gap: 6px; margin: 4px 0 8px; }
.legend button { display: inline-flex; align-items: center; gap: 7px; padding: 3px 10px; min-height: 30px; font-size: 13.5px; }
.legend button[aria-pressed=false] { color: var(--muted); border-style: dashed; text-decoration: line-through; text-decoration-thickness: 1px; }
.legend button[aria-pressed=false] :is(.swatch, .line-mark) { opacity: 0.35; }
.swatch { display: inline-block; flex: none; width: 14px; height: 14px; border-radius: 3px; background: var(--swatch); border: 1px solid color-mix(in srgb, var(--text) 22%, transparent); }
.line-mark { display: inline-block; flex: none; width: 30px; height: 8px; vertical-align: middle; }
.tip { position: absolute; z-index: 5; pointer-events: none; min-width: 180px; max-width: 330px; padding: 8px 11px; font-size: 13px; line-height: 1.5;
  background: var(--page); color: var(--text); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 4px 18px rgb(0 0 0 / 0.16); }
.tip .when { font-weight: 650; margin-bottom: 3px; }
.tip .row { display: grid; grid-template-columns: 30px 1fr auto; gap: 8px; align-items: center; }
.tip .row b { font-variant-numeric: tabular-nums; white-space: nowrap; }
.tip small { display: inline-block; color: var(--muted); font-size: 12px; }
.tip .event { margin-top: 4px; padding-top: 4px; border-top: 1px solid var(--line); }
.u-select { background: color-mix(in srgb, var(--accent) 22%, transparent); }
.u-hz .u-cursor-x { border-right: 1px solid var(--text); opacity: 0.6; }
.moments { display: grid; grid-template-columns: auto minmax(80px, 420px) auto 1fr; gap: 8px 10px; align-items: center; margin: 12px 0 14px; }
.moments input { width: 100%; min-height: 34px; margin: 0; }
.moments output { font-weight: 650; font-variant-numeric: tabular-nums; }
.maps { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 18px 22px; }
.maps figure { margin: 0; min-width: 0; }
.maps figcaption { font-size: 15px; font-weight: 650; margin-bottom: 7px; }
.map { position: relative; min-height: 40px; }
.map canvas { display: block; touch-action: pan-y; cursor: crosshair; max-width: 100%; }
.cell-mark { position: absolute; pointer-events: none; border: 2px solid var(--text); box-shadow: 0 0 0 1.5px var(--page); border-radius: 2px; }
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 3px 14px; margin: 9px 0 0; padding: 0; font-size: 13.5px; color: var(--text); }
.key li { display: inline-flex; align-items: center; gap: 6px; }
.readout { margin: 16px 0 6px; font-size: 14.5px; font-variant-numeric: tabular-nums; min-height: 1.6em; overflow-wrap: anywhere; }
.lens { height: 48px; } .lens canvas { display: block; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 28px; }
.cards { columns: 3 300px; column-gap: 22px; margin-top: 12px; }
.card { break-inside: avoid; border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; margin: 0 0 18px; }
.card h3 { margin: 0 0 6px; }
.card.wide { margin-top: 18px; } .card.wide .pairs { columns: 3 240px; column-gap: 34px; } .card.wide .pairs div { break-inside: avoid; }
.card p, .card ul { margin: 0; font-size: 14px; } .card ul { padding-left: 18px; }
.pairs { margin: 0; font-size: 14px; }
.pairs div { display: flex; justify-content: space-between; gap: 14px; padding: 3px 0; }
.pairs div + div { border-top: 1px solid var(--grid); }
.pairs dt small { display: block; font-size: 12px; } .pairs dt { color: var(--muted); flex: none; max-width: 55%; } .pairs dd { margin: 0; text-align: right; overflow-wrap: anywhere; min-width: 0; font-variant-numeric: tabular-nums; }
.lines { max-height: 440px; overflow: auto; }
.lines ol { list-style: none; margin: 0; padding: 8px 0; font-size: 13px; width: max-content; min-width: 100%; }
.lines li { display: flex; gap: 14px; padding: 1px 14px; white-space: pre; }
.lines li > span { color: var(--muted); flex: none; width: 64px; text-align: right; font-variant-numeric: tabular-nums; }
.lines li.scav code { color: var(--lazy); }
.lines li.cut { color: var(--warn); padding: 6px 14px; }
.without-gc li.gc, .without-scav li.scav { display: none; }
footer { margin-top: 52px; color: var(--muted); font-size: 13.5px; border-top: 1px solid var(--line); padding-top: 14px; }
html:not(.scripted) :is(.controls button, .controls label, .moments, #lens) { display: none; }
@media (max-width: 980px) { .maps { grid-template-columns: minmax(0, 1fr); } .pair { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 560px) {
  .moments { grid-template-columns: auto minmax(0, 1fr) auto; } .moments output { grid-column: 1 / -1; order: -1; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } .tiles b { font-size: 21px; }
}
@media print {
  :root, :root:not([data-theme=print]) { ${light} }
  body { font-size: 11pt; } main { max-width: none; padding: 0; }
  section { margin-top: 20px; padding-top: 14px; }
  .controls, .moments button, .moments input, .tip, .cell-mark, .u-cursor-x { display: none !important; }
  .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); } .tiles div { padding: 8px 10px; } .tiles b { font-size: 15pt; }
  .legend button[aria-pressed=false] { display: none; } .legend button { border: 0; padding-left: 0; }
  .lines, .scroller { max-height: none; overflow: visible; } .lines li { white-space: pre-wrap; } .lines ol { width: auto; }
  .chart, figure, tr, .card { break-inside: avoid; } h2, h3 { break-after: avoid; }
  canvas, .printed { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .swatch { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
