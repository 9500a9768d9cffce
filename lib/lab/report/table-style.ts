/** The style of tables in both pages. Which columns a narrow one drops is in rules of its own (fitted-table.ts). */
export const tableStyle = `
.fitted { container-type: inline-size; font-size: 14px; font-variant-numeric: tabular-nums; }
.scroller { overflow-x: auto; max-width: 100%; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 9px; text-align: right; white-space: nowrap; font-weight: 400; }
thead th { color: var(--muted); font-size: 13px; border-bottom: 1px solid var(--line); vertical-align: bottom; }
.fitted thead th, .fitted td.words { white-space: normal; }
tbody tr + tr > * { border-top: 1px solid var(--grid); }
tbody tr:hover > * { background: var(--lane); }
tfoot > tr > * { border-top: 2px solid var(--line); font-weight: 650; }
tbody th, tfoot th, thead tr:first-child th:first-child { text-align: left; }
table .words { text-align: left; }
td.nil { color: var(--muted); }
td.over { color: var(--warn); font-weight: 650; } td.under { color: var(--accent); font-weight: 650; }
#moments tbody tr { cursor: pointer; }
#moments tbody tr[data-current] > * { background: color-mix(in srgb, var(--accent) 14%, var(--page)); }
#moments tbody button { border: 0; background: none; padding: 0; min-height: 24px; color: var(--accent); text-decoration: underline; text-underline-offset: 3px; }
/* A bar beside the number where there is room, else below it. */
td.bar { position: relative; width: 20%; }
td.bar span { position: absolute; left: 9px; bottom: 1px; height: 4px; width: calc((100% - 18px) * var(--share)); background: var(--in-use); border-radius: 2px; }
@container (width >= 760px) { td.bar span { bottom: 6px; top: 6px; height: auto; width: calc((100% - 92px) * var(--share)); } }
td.bar i { position: relative; font-style: normal; }
caption { display: none; }
.left-out { display: none; margin: 6px 0 0; color: var(--muted); font-size: 13px; }
.left-out label { display: inline-flex; align-items: center; gap: 6px; min-height: 28px; color: var(--text); }
.left-out p { margin: 0; } .left-out p > span { display: none; } .left-out:has(:checked) p { display: none; }
.left-out p > span + span::before { content: '· '; }
button.sort { font: inherit; color: inherit; text-align: inherit; background: none; border: 0; border-radius: 3px; padding: 0; margin: 0; min-height: 24px; text-decoration: underline dotted; text-decoration-color: color-mix(in srgb, var(--muted) 60%, transparent); text-underline-offset: 3px; }
button.sort:hover { text-decoration-style: solid; }
[aria-sort] > button.sort { color: var(--text); font-weight: 650; text-decoration-line: none; }
[aria-sort=ascending] > button.sort::after { content: ' ▲'; font-size: 10px; } [aria-sort=descending] > button.sort::after { content: ' ▼'; font-size: 10px; }
.compared [aria-sort=ascending] > button.sort::after { content: ' ◀'; } .compared [aria-sort=descending] > button.sort::after { content: ' ▶'; }
@media (max-width: 560px) { th, td { padding: 6px 9px; } }
@media print {
  caption { display: table-caption; caption-side: top; text-align: left; padding: 5px 9px; font-weight: 650; } thead { display: table-header-group; }
  .left-out label { display: none; } button.sort { text-decoration: none; }
  td.bar span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
