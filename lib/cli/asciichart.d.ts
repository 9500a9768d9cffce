/** The part of asciichart that is used here; the package ships no types. */
declare module 'asciichart' {
  export interface PlotConfig {
    readonly height?: number;
    readonly min?: number;
    readonly max?: number;
    readonly offset?: number;
    /** ANSI sequences, one a series; undefined is no colour. */
    readonly colors?: readonly (string | undefined)[];
    readonly format?: (value: number) => string;
  }
  export const red: string;
  export const blue: string;
  export const cyan: string;
  export const yellow: string;
  export function plot(series: readonly (readonly number[])[], config?: PlotConfig): string;
}
