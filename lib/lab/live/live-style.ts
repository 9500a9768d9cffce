/** The style of the live page beside the report's own. */
export const liveStyle = `
html { scroll-padding-top: 120px; }
.live-bar { position: sticky; top: 48px; z-index: 8; display: flex; gap: 10px 14px; align-items: center; background: var(--page); border: 1px solid var(--line); border-radius: 10px; padding: 9px 14px; margin: 16px 0 0; box-shadow: 0 2px 10px rgb(0 0 0 / 0.06); }
.live-bar input { flex: 1; min-width: 60px; min-height: 34px; margin: 0; }
.live-bar > output { min-width: 5em; text-align: right; font-weight: 650; font-variant-numeric: tabular-nums; }
.live-controls { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; margin: 12px 0 0; }
.live-set { display: inline-flex; align-items: center; gap: 6px; font-size: 14px; margin: 0; }
.live-set input { font: inherit; font-size: 14px; color: var(--text); background: var(--page); border: 1px solid var(--line); border-radius: 7px; padding: 5px 8px; min-height: 34px; min-width: 0; }
.live-set output { min-width: 3.2em; text-align: center; font-variant-numeric: tabular-nums; font-weight: 650; }
.live-set button.main { min-width: 92px; font-weight: 650; background: var(--accent); border-color: var(--accent); color: var(--accent-text); }
.live-set :is(input, select):disabled { opacity: 0.5; }
#live-now[aria-pressed=true] { border-color: var(--accent); color: var(--accent); }
.live-answer { margin: 8px 0 0; font-size: 14px; color: var(--muted); min-height: 1.4em; }
.live-answer.bad { color: var(--warn); }
.live .tiles { margin-top: 16px; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); }
.live .tiles div { padding: 10px 14px; } .live .tiles b { font-size: 21px; }
.badge.steer { color: var(--steer); }
/* A shadow where a table goes on: what covers it scrolls with the table. */
.live-events { max-height: 300px; overflow: auto; font-size: 14px; background: linear-gradient(var(--page) 30%, transparent) top / 100% 40px no-repeat local, linear-gradient(transparent, var(--page) 70%) bottom / 100% 40px no-repeat local, linear-gradient(rgb(128 128 128 / 0.35), transparent) top / 100% 12px no-repeat scroll, linear-gradient(transparent, rgb(128 128 128 / 0.35)) bottom / 100% 12px no-repeat scroll; }
.live-events table { font-size: 13.5px; width: auto; min-width: 0; }
.live-events :is(th, td) { text-align: left; padding-right: 22px; white-space: normal; vertical-align: top; background: none; position: static; }
.live-events p { margin: 4px 0; }
.scripted .live #lens { display: block; }
@media (max-width: 560px) { .live-events :is(th, td) { padding-right: 8px; } .live-events td:not(#steer-table td:nth-child(2)) { white-space: nowrap; } html { scroll-padding-top: 170px; } .live-controls { gap: 8px 12px; } .live-bar { flex-wrap: wrap; gap: 8px; padding: 9px 12px; } .live-bar > output { min-width: 0; flex: 1; } .live-set button.main { min-width: 76px; } .live-bar input { order: 9; flex-basis: 100%; } }
@media (max-height: 620px) { .live-bar { position: static; } }
`;
