/** The style of a grid's page, beside that of a comparison. */
export const gridStyle = `
.heat { overflow-x: auto; margin: 14px 0 22px; }
.heat table { width: auto; min-width: 0; border-collapse: separate; border-spacing: 2px; font-variant-numeric: tabular-nums; font-size: 14px; }
.heat caption { text-align: left; color: var(--muted); font-size: 13px; padding-bottom: 4px; }
.heat th { border: 0; font-weight: 600; padding: 4px 10px 4px 0; text-align: right; white-space: nowrap; }
.heat thead th { text-align: center; padding: 4px 8px; vertical-align: bottom; }
.heat tbody th { position: sticky; left: 0; background: var(--page); z-index: 1; }
.heat .axis { color: var(--muted); font-weight: 400; font-size: 12px; }
.heat td { min-width: 84px; padding: 8px 10px; text-align: center; border-radius: 4px; line-height: 1.25; white-space: nowrap;
  background: color-mix(in oklab, var(--heat-colour, var(--accent)) calc(var(--heat) * 62%), var(--lane)); }
.heat td small { display: block; font-size: 11.5px; color: color-mix(in srgb, var(--text) 78%, transparent); }
.heat td.none { background: repeating-linear-gradient(135deg, var(--lane) 0 6px, transparent 6px 12px); color: var(--muted); }
.heat td.least { box-shadow: inset 0 0 0 2px var(--good); } .heat td.most { box-shadow: inset 0 0 0 2px var(--warn); }
.metric-choice { margin: 10px 0 18px; } .metric-choice select { font: inherit; padding: 5px 8px; max-width: 100%; background: var(--page); color: var(--text); border: 1px solid var(--line); border-radius: 6px; }
.scripted .figure[hidden] { display: none; }
@media (max-width: 640px) { .heat td { min-width: 66px; padding: 6px 5px; } .heat table { font-size: 12.5px; } .heat th { padding-right: 6px; font-size: 12px; } }
@media print { .heat { overflow: visible; } .heat td { print-color-adjust: exact; } }
`;
