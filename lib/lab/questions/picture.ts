/** What a picture shows, as data: it is drawn as SVG (draw-picture.ts) and on a terminal (cli/picture.ts). */
import type { MetricUnit } from '../metrics/spread.ts';

export interface PictureAxis {
  readonly label: string;
  readonly unit: MetricUnit;
  /** Logarithmic, where values lie far apart. */
  readonly log?: boolean;
  /** Where the axis begins, if not at 0: what differs little could not be told apart. */
  readonly from?: number;
}

/** What an axis shows, and that it is logarithmic, if it is. */
export const axisWords = ({ label, log }: PictureAxis): string =>
  log === true ? `${label} (logarithmic)` : label;

/** A line across, to hold the rest against: a limit, a goal. */
export interface PictureMark {
  readonly label: string;
  readonly value: number;
}

export interface Curves {
  readonly kind: 'curves';
  readonly title: string;
  readonly x: PictureAxis;
  readonly y: PictureAxis;
  readonly curves: readonly {
    readonly label: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
  readonly marks?: readonly PictureMark[];
}

/** Bars in groups, one group below the other. */
export interface Bars {
  readonly kind: 'bars';
  readonly title: string;
  readonly value: PictureAxis;
  readonly groups: readonly {
    readonly label: string;
    readonly bars: readonly { readonly label: string; readonly value: number }[];
  }[];
  readonly marks?: readonly PictureMark[];
}

export type Picture = Curves | Bars;
