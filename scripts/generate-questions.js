/**
 * Writes what came of the questions into docs/questions.md: of each its command, picture, figures, bounds and reports.
 *
 *     npm run build:ts && npx pageheap question all -o FOLDER; node scripts/generate-questions.js FOLDER
 *
 * Of a question that was asked several times the last answer counts. The prose around is written by hand.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawPicture } from '../dist/lib/lab/questions/draw-picture.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder? See the first lines of this file');

const answers = new Map();
for (const name of readdirSync(folder).sort()) {
  const [, number] = /^question-(\d+)-/.exec(name) ?? [];
  if (number === undefined) continue;
  answers.set(Number(number), JSON.parse(readFileSync(join(folder, name, 'answer.json'), 'utf8')));
}

const cell = (text) => text.replaceAll('|', '\\|');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

function blockOf({ number, name, picture, table, bounds, notes, reports }) {
  const file = `${String(number).padStart(2, '0')}-${name}.svg`;
  writeFileSync(new URL(`../docs/questions/${file}`, import.meta.url), drawPicture(picture));
  const marks = (holds) => (holds === null ? '–' : holds ? '✓' : '✗');
  return [
    `    npx pageheap question ${number}`,
    `![${picture.title}](questions/${file})`,
    [row(table.head), row(table.head.map((_, i) => (i === 0 ? '---' : '--:'))), ...table.rows.map(row)].join(
      '\n',
    ),
    bounds
      .map(
        ({ says, found, holds, why }) =>
          `- ${marks(holds)} ${says}: ${found}${why === null ? '' : `: ${why}`}`,
      )
      .join('\n'),
    ...(notes.length > 0 ? [notes.join(' ')] : []),
    `Reports: ${reports.map((report) => `[${report.name}](${report.url})`).join(', ')}.`,
  ].join('\n\n');
}

const path = new URL('../docs/questions.md', import.meta.url);
let text = readFileSync(path, 'utf8');
for (const [number, answer] of answers) {
  const place = new RegExp(`(<!-- question ${number} -->)\n[\\s\\S]*?(<!-- end -->)`);
  if (!place.test(text)) throw new Error(`docs/questions.md has no place for question ${number}`);
  text = text.replace(place, (_all, begin, end) => `${begin}\n\n${blockOf(answer)}\n\n${end}`);
}
writeFileSync(path, text);
