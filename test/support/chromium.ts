/**
 * The browser of the tests that look at a page: CHROMIUM, or the first in the path.
 *
 * It is started once in a process, by the first test that asks for it, and ends with that process: to start it costs as
 * much as a page. A test closes the tabs that it has opened.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

function findChromium(): string {
  const given = process.env.CHROMIUM;
  if (given !== undefined && given !== '') {
    return given;
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here; the next one.
      }
    }
  }
  throw new Error(
    'No browser found. The report is tested in a real one: install Chromium (Debian: apt-get install chromium), ' +
      'or name its executable in the environment variable CHROMIUM.',
  );
}

function launch(): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...quiet],
  });
}

// Where files share a process, each has a module of its own.
const shared = globalThis as { pageheapChromium?: Promise<Browser> };

export function sharedChromium(): Promise<Browser> {
  shared.pageheapChromium ??= launch();
  return shared.pageheapChromium;
}
