/** What the counting of long texts rests on, in the source (texts.ts) and in the engine (sandbox/long-texts.ts), which loads nothing else for it. */

/** Letters of a text that are compared in one step. */
export const piece = 64;
