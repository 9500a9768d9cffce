/** The style of what works on both pages: the links to the sections, the tools of charts, charts and maps on paper. */
export const toolStyle = `
html { scroll-padding-top: 60px; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } nav.sections { scroll-behavior: smooth; } }
nav.sections { position: sticky; top: 0; z-index: 9; display: flex; gap: 2px; overflow-x: auto; scrollbar-width: none; background: var(--page);
  border-bottom: 1px solid var(--line); padding: 0 max(clamp(6px, 4vw - 8px, 40px), calc((100% - 1280px) / 2 + 40px)); }
nav.sections a { flex: none; display: inline-flex; align-items: center; min-height: 44px; padding: 0 9px; font-size: 14px; color: var(--text); text-decoration: none; white-space: nowrap; border-bottom: 3px solid transparent; border-top: 3px solid transparent; }
nav.sections a:hover { border-bottom-color: var(--line); }
nav.sections a[aria-current] { border-bottom-color: var(--accent); font-weight: 650; }
nav.sections a:focus-visible { outline-offset: -4px; }
.plot { touch-action: pan-y; }
.tools { display: flex; flex-wrap: wrap; justify-content: flex-end; align-items: center; gap: 6px 18px; margin: 2px 0 6px; }
.tool-set { display: inline-flex; align-items: center; gap: 4px; }
.tools button { min-height: 30px; min-width: 34px; padding: 2px 8px; font-size: 13px; }
.tools .meta { font-size: 13px; } .tools [role=status]:empty { display: none; }
@media (pointer: coarse) { .tools button { min-height: 40px; min-width: 40px; } }
@media (max-width: 560px) { .tools { justify-content: space-between; gap: 6px; } .tools button { padding: 2px 6px; } .tools .tool-set .meta { display: none; } }
.plot.on-paper > .uplot { display: none; }
.plot > .printed { display: block; width: 100%; height: auto; }
@media print {
  nav.sections, .tools { display: none; }
  .plot .u-wrap { width: 100% !important; height: auto !important; }
  .plot .u-wrap > canvas { position: static !important; width: 100% !important; height: auto !important; }
  .u-over, .u-under, .u-cursor-x { display: none; }
  .map canvas, .lens canvas { width: 100% !important; height: auto !important; } .lens { height: auto; }
  section > :is(.lead, .meta, .legend, h3), .chart > .legend { break-after: avoid; }
  p, .legend { break-inside: avoid; } .legend { display: flex !important; } .legend label { display: none !important; }
}
`;
