/**
 * Which stretch of time a task stream shows: it follows the newest run until the reader takes hold of
 * it, and again when asked to.
 */

/** A stretch of time, in epoch seconds. */
export interface ISpan {
  readonly from: number;
  readonly to: number;
}

/** What a window that follows looks at. */
export interface IScene {
  /** When the oldest run that still runs began, else the newest run; NaN if there is none. */
  readonly runStart: number;
  /** Earliest start and latest stop of all rows; NaN before the first. */
  readonly firstStart: number;
  readonly lastStop: number;
  /** The time now if anything runs, else NaN. */
  readonly now: number;
}

const SHORTEST = 2e-6;
const LONGEST = 86_400 * 7;
/** Share of the window left free at its right end, so that the newest task doesn't touch the edge. */
const MARGIN = 0.02;

export class StreamWindow {
  /** Longest stretch shown while following, in seconds. */
  length = 30;

  get isFollowing(): boolean {
    return this._fixed === null;
  }

  /** The stretch to show. */
  resolve(scene: IScene): ISpan {
    if (this._fixed) {
      return this._fixed;
    }
    const end = this._end(scene);
    const known = Number.isNaN(scene.runStart) ? scene.firstStart : scene.runStart;
    const start = Math.max(known < end ? known : end - this.length, end - this.length);
    const span = Math.max(end - start, SHORTEST);
    return { from: start - span * MARGIN * 0.5, to: end + span * MARGIN };
  }

  /** Go along with the newest run. */
  follow(): void {
    this._fixed = null;
  }

  /** Stay where we are. */
  hold(scene: IScene): void {
    this._fixed = this.resolve(scene);
  }

  /** Show everything there is. */
  fit(scene: IScene): void {
    const end = this._end(scene);
    const start = scene.firstStart < end ? scene.firstStart : end - this.length;
    const span = end - start;
    this._set(start - span * MARGIN, end + span * MARGIN);
  }

  /** Make the stretch `factor` times as long; the time `anchor` keeps its place. */
  zoom(scene: IScene, factor: number, anchor: number): void {
    const { from, to } = this.resolve(scene);
    const length = Math.min(LONGEST, Math.max(SHORTEST, (to - from) * factor));
    const share = (anchor - from) / (to - from);
    this._set(anchor - share * length, anchor + (1 - share) * length);
  }

  /** Move by some seconds. */
  pan(scene: IScene, seconds: number): void {
    const { from, to } = this.resolve(scene);
    this._set(from + seconds, to + seconds);
  }

  private _end(scene: IScene): number {
    const end = Math.max(
      Number.isNaN(scene.now) ? -Infinity : scene.now,
      Number.isNaN(scene.lastStop) ? -Infinity : scene.lastStop
    );
    return Number.isFinite(end) ? end : 0;
  }

  private _set(from: number, to: number): void {
    this._fixed = { from, to };
  }

  private _fixed: ISpan | null = null;
}
