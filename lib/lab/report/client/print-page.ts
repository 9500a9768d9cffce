/// <reference lib="dom" />
/** What is folded is unfolded on paper, and folded again after it. */
export function wirePrinting(): void {
  let opened: HTMLDetailsElement[] = [];
  window.addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
    for (const folded of opened) folded.open = true;
  });
  window.addEventListener('afterprint', () => {
    for (const unfolded of opened) unfolded.open = false;
  });
}
