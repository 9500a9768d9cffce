/** The style of a comparison's page, beside the report's own (style.ts). */
export const comparisonStyle = `
:root { --c0: #0a66a8; --c1: #bf4a00; --c2: #00805f; --c3: #8b2470; --c4: #7a5a00; --c5: #2a8fc0; --c6: #a0303a; --c7: #555f6b; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=print]) { --c0: #6cb8f0; --c1: #ff9a5c; --c2: #35cfa2; --c3: #ec8fd1;
  --c4: #e0c050; --c5: #9fd4f0; --c6: #ff8f96; --c7: #aab6c2; } }
/* A shadow where a table goes on to the right: what covers it is at the table's own end and scrolls with it. */
.compared { overflow-x: auto; background:
  linear-gradient(to left, var(--page) 18px, transparent) right / 44px 100% no-repeat local,
  linear-gradient(to left, color-mix(in srgb, var(--text) 30%, transparent), transparent) right / 18px 100% no-repeat scroll; }
.part { display: inline-block; max-width: 100%; white-space: pre-wrap; }
.compared table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; min-width: 100%; }
.compared th, .compared td { padding: 5px 12px 5px 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
.compared th:first-child { text-align: left; position: sticky; left: 0; background: var(--page); font-weight: 600; padding-right: 16px; }
.compared thead th { vertical-align: bottom; white-space: normal; min-width: 8em; max-width: 20em; overflow-wrap: break-word; }
.compared thead .line-mark { display: block; margin: 0 0 3px auto; }
.compared .spread { display: block; color: var(--muted); font-size: 12px; }
.compared .also td, .compared .also th:first-child { padding-top: 0; padding-bottom: 2px; color: var(--muted); font-size: 12px; font-weight: 400; border: 0; }
.compared .also th:first-child { padding-left: 12px; }
.compared tbody tr:has(+ .also) > * { border: 0; padding-bottom: 2px; }
.compared tbody tr.also:last-child > :is(th, td) { padding-bottom: 8px; border-bottom: 1px solid var(--line); }
.compared th .spread { font-weight: 400; }
.compared .named th:first-child { white-space: normal; overflow-wrap: break-word; }
#compared-maps h3 { overflow-wrap: anywhere; }
.maps.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.keys { display: flex; flex-wrap: wrap; gap: 0 34px; }
.below { color: var(--muted); font-size: 13px; margin-top: 8px; max-width: 96ch; }
.verdicts { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 1px; margin: 22px 0 0; border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.verdicts > div { box-shadow: 0 0 0 1px var(--line); padding: 12px 16px; min-width: 0; }
.verdicts dt { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 10px; font-size: 14px; } .verdicts dt small { color: var(--muted); font-size: 12px; white-space: nowrap; }
.verdicts dd { margin: 4px 0 0; }
.verdicts dd > * { display: block; overflow-wrap: anywhere; } .verdicts dd b { font-size: 16px; line-height: 1.35; }
.verdicts dd strong { font-size: 22px; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; } .verdicts dd strong small { font-size: 14px; font-weight: 400; color: var(--muted); white-space: nowrap; }
.verdicts dd > span { color: var(--muted); font-size: 13px; line-height: 1.4; }
.verdicts .even b { color: var(--muted); font-weight: 600; }
details summary { cursor: pointer; font-weight: 650; font-size: 15px; }
details { margin-top: 16px; } details[open] summary { margin-bottom: 6px; }
#legend { position: sticky; top: 44px; z-index: 6; background: var(--page); padding: 8px 0; margin: 0 0 4px; border-bottom: 1px solid var(--line); gap: 6px 8px; }
#legend button { max-width: 100%; } #legend button span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#legend label { display: inline-flex; align-items: center; gap: 5px; padding: 0 4px; white-space: nowrap; }
#compared-moments button[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); font-weight: 650; }
.compared .named th:first-child { width: 220px; }
.compared td.words { text-align: left; white-space: normal; overflow-wrap: anywhere; }
@media (max-width: 640px) {
  .maps.two { grid-template-columns: minmax(0, 1fr); }
  .compared table { font-size: 12.5px; }
  .compared th, .compared td { padding: 4px 0 4px 8px; }
  .compared th:first-child { padding: 4px 2px 4px 0; width: 102px; min-width: 102px; max-width: 102px; font-size: 12px; letter-spacing: -0.02em; white-space: normal; overflow-wrap: break-word; line-height: 1.3; }
  .compared thead th { min-width: 74px; max-width: 160px; font-size: 12px; line-height: 1.3; }
  .compared .spread { font-size: 11px; line-height: 1.3; white-space: normal; }
  .compared .also td, .compared .also th:first-child { font-size: 11.5px; } .compared .also th:first-child { padding-left: 6px; }
  #legend { max-height: 118px; overflow-y: auto; }
}
@media print { #legend { position: static; } .compared { background: none; overflow: visible; } .verdicts > div { break-inside: avoid; padding: 7px 10px; }
  .verdicts { grid-template-columns: repeat(3, minmax(0, 1fr)); } .verdicts dd strong { font-size: 15pt; }
  .compared table { font-size: 9pt; } .compared th, .compared td { padding: 3px 0 3px 8px; white-space: normal; } .compared thead th { min-width: 0; } }
`;
