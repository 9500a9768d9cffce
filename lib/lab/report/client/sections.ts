/// <reference lib="dom" />
/**
 * The links to the sections: the one that is being read is marked, and stays in sight in the row of links where that
 * is narrower than all of them. The links themselves stand in the page and work without this.
 */

/** The place from the top, in pixels, at which a section counts as being read. */
const readingLine = 140;

/** Marks the link of the section that is being read, now and whenever the page scrolls. */
export function wireSections(): void {
  const bar = document.querySelector<HTMLElement>('nav.sections');
  if (bar === null) return;
  const links = [...bar.querySelectorAll<HTMLAnchorElement>('a')];
  const targets = links.map((link) => document.getElementById(link.hash.slice(1)));
  let marked = -1;
  let waits = false;
  const mark = (): void => {
    waits = false;
    const passed = targets.findLastIndex(
      (target) => target !== null && target.getBoundingClientRect().top <= readingLine,
    );
    const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    const now = atEnd && window.scrollY > 0 ? links.length - 1 : Math.max(passed, 0);
    if (now === marked) return;
    marked = now;
    links.forEach((link, i) => {
      if (i === now) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    });
    const link = links[now];
    bar.scrollTo({ left: link.offsetLeft - (bar.clientWidth - link.offsetWidth) / 2 });
  };
  const soon = (): void => {
    if (!waits) requestAnimationFrame(mark);
    waits = true;
  };
  window.addEventListener('scroll', soon, { passive: true });
  window.addEventListener('resize', soon);
  mark();
}
