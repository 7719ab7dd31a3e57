/** Where the parts of a task stream lie: labels, lanes, axis. Pure arithmetic, in CSS pixels. */

export interface IStreamLayout {
  /** Left edge of the lanes; the labels stand before it. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** Lower edge of the lanes; the axis lies below. */
  readonly bottom: number;
  /** From the top of one lane to the top of the next. */
  readonly pitch: number;
  readonly lanes: number;
}

/** The stretch of time that is shown, in epoch seconds. */
export interface IWindow {
  readonly from: number;
  readonly to: number;
}

const AXIS_HEIGHT = 24;
const TOP = 6;
const RIGHT = 10;
const LARGEST_PITCH = 34;
const SMALLEST_PITCH = 2;
/** Lanes lower than this have no label of their own. */
export const LABEL_PITCH = 11;

export function layoutStream(
  width: number,
  height: number,
  lanes: number,
  labelWidth: number
): IStreamLayout {
  const room = Math.max(0, height - TOP - AXIS_HEIGHT);
  const pitch = Math.max(SMALLEST_PITCH, Math.min(LARGEST_PITCH, room / Math.max(lanes, 1)));
  const left = Math.min(labelWidth, width / 3);
  return {
    left,
    right: Math.max(left + 1, width - RIGHT),
    top: TOP,
    bottom: TOP + Math.min(room, pitch * Math.max(lanes, 1)),
    pitch,
    lanes
  };
}

export function timeToX(layout: IStreamLayout, window: IWindow, time: number): number {
  const scale = (layout.right - layout.left) / (window.to - window.from);
  return layout.left + (time - window.from) * scale;
}

export function xToTime(layout: IStreamLayout, window: IWindow, x: number): number {
  const scale = (window.to - window.from) / (layout.right - layout.left);
  return window.from + (x - layout.left) * scale;
}

/** Which lane lies at `y`, counted from the top; -1 outside. */
export function laneAt(layout: IStreamLayout, y: number): number {
  if (y < layout.top || y >= layout.bottom) {
    return -1;
  }
  const lane = Math.floor((y - layout.top) / layout.pitch);
  return lane < layout.lanes ? lane : -1;
}

/** Height of the rectangles of a lane: a little less than its pitch. */
export function laneHeight(layout: IStreamLayout): number {
  return layout.pitch >= 8 ? layout.pitch - 3 : Math.max(1, layout.pitch - 1);
}
