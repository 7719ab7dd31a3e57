/**
 * Paints a task stream: lanes with their names, tasks, gaps and a time axis.
 *
 * Pure: the same model, view and theme give the same picture. Times come in, none are read.
 */

import type { TaskStreamModel } from '../models/taskStream';
import { ICanvas } from './canvas';
import { count, shorten } from './format';
import { ILabelled, LanePainter } from './lane';
import {
  IStreamLayout,
  IWindow,
  LABEL_PITCH,
  laneHeight,
  layoutStream,
  timeToX
} from './streamLayout';
import { IStreamTheme, textOn } from './theme';
import { ticks } from './ticks';

export interface IStreamView extends IWindow {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Where the axis counts from, in epoch seconds. */
  readonly origin: number;
  /** The time now, on the cluster's clock: how far tasks that run have come. */
  readonly now: number;
  /** Slot of the row under the pointer, or -1. */
  readonly highlighted: number;
}

/** What was painted. */
export interface IStreamPicture {
  readonly layout: IStreamLayout;
  readonly rectangles: number;
}

const CHARACTER = 6.4;
const LABEL_PAD = 10;
const MAX_LABEL_WIDTH = 170;
const MAX_WRITINGS = 300;
const TICK_DISTANCE = 90;
const STRIPE = 6;

export function paintTaskStream(
  context: ICanvas,
  model: TaskStreamModel,
  view: IStreamView,
  theme: IStreamTheme
): IStreamPicture {
  const names = model.laneOrder.map(lane => model.lanes.all[lane]);
  context.font = theme.font;
  const widest = names.reduce((width, name) => Math.max(width, name.length * CHARACTER), 0);
  const labels = Math.min(MAX_LABEL_WIDTH, widest + 2 * LABEL_PAD);
  const layout = layoutStream(view.width, view.height, names.length, labels);

  context.globalAlpha = 1;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, view.width, view.height);
  paintBands(context, layout, theme);
  paintAxis(context, layout, view, theme);
  paintLabels(context, layout, names, theme);

  const height = laneHeight(layout);
  const painter = new LanePainter(context, theme, layout, view);
  let writings = 0;
  model.laneOrder.forEach((lane, position) => {
    const y = layout.top + position * layout.pitch + (layout.pitch - height) / 2;
    const labelled = painter.paint(model, lane, y, height);
    if (layout.pitch >= LABEL_PITCH + 3 && writings < MAX_WRITINGS) {
      writings += labelled.length;
      writeNames(context, labelled, model.groups.all, y + height / 2, theme);
    }
  });
  paintRunning(context, model, layout, view, theme);
  paintGaps(context, model, layout, view, theme);
  if (view.highlighted >= 0) {
    paintHighlight(context, model, layout, view, theme);
  }
  return { layout, rectangles: painter.rectangles };
}

function paintBands(context: ICanvas, layout: IStreamLayout, theme: IStreamTheme): void {
  context.fillStyle = theme.band;
  for (let lane = 0; lane < layout.lanes; lane += 2) {
    const y = layout.top + lane * layout.pitch;
    context.fillRect(layout.left, y, layout.right - layout.left, layout.pitch);
  }
}

function paintAxis(
  context: ICanvas,
  layout: IStreamLayout,
  view: IStreamView,
  theme: IStreamTheme
): void {
  const most = Math.floor((layout.right - layout.left) / TICK_DISTANCE);
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of ticks(view.from, view.to, view.origin, most)) {
    const x = Math.round(timeToX(layout, view, tick.time));
    context.fillStyle = theme.grid;
    context.fillRect(x, layout.top, 1, layout.bottom - layout.top + 4);
    context.fillStyle = theme.muted;
    const half = (tick.label.length * CHARACTER) / 2;
    context.fillText(tick.label, Math.min(x, view.width - half), layout.bottom + 7);
  }
  context.fillStyle = theme.grid;
  context.fillRect(layout.left, layout.bottom, layout.right - layout.left, 1);
}

function paintLabels(
  context: ICanvas,
  layout: IStreamLayout,
  names: readonly string[],
  theme: IStreamTheme
): void {
  // Where lanes are lower than a letter, every so many of them is named.
  const every = Math.max(1, Math.ceil(LABEL_PITCH / layout.pitch));
  const room = Math.max(1, Math.floor((layout.left - 1.5 * LABEL_PAD) / CHARACTER));
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = theme.text;
  for (let lane = 0; lane < names.length; lane += every) {
    const y = layout.top + (lane + 0.5) * layout.pitch;
    context.fillText(shorten(names[lane], room), layout.left - LABEL_PAD, y);
  }
}

function writeNames(
  context: ICanvas,
  labelled: readonly ILabelled[],
  groups: readonly string[],
  y: number,
  theme: IStreamTheme
): void {
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const { x, width, group, colour } of labelled) {
    const room = Math.floor((width - 10) / CHARACTER);
    context.fillStyle = textOn(colour) || theme.text;
    const name = groups[group];
    // The beginning alone: with so little room, both ends together say nothing.
    const text = name.length > room ? `${name.slice(0, room - 1)}…` : name;
    context.fillText(text, x + 5, y + 0.5);
  }
}

/** Tasks that have not ended: paler, striped, and as long as they have run. */
function paintRunning(
  context: ICanvas,
  model: TaskStreamModel,
  layout: IStreamLayout,
  view: IStreamView,
  theme: IStreamTheme
): void {
  const height = laneHeight(layout);
  for (const { lane, group, start } of model.running) {
    const position = model.laneOrder.indexOf(lane);
    const x0 = Math.max(layout.left, Math.round(timeToX(layout, view, start)));
    const x1 = Math.min(layout.right, Math.round(timeToX(layout, view, view.now)));
    if (position < 0 || x1 - x0 < 1) {
      continue;
    }
    const y = layout.top + position * layout.pitch + (layout.pitch - height) / 2;
    const colour = theme.categories[group % theme.categories.length];
    context.fillStyle = colour;
    context.globalAlpha = 0.4;
    context.fillRect(x0, y, x1 - x0, height);
    context.globalAlpha = 0.9;
    context.save();
    context.beginPath();
    context.rect(x0, y, x1 - x0, height);
    context.clip();
    context.beginPath();
    for (let x = x0 - height; x < x1; x += STRIPE) {
      context.moveTo(x, y + height);
      context.lineTo(x + height, y);
    }
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.stroke();
    context.restore();
    context.globalAlpha = 1;
  }
}

/** Where rows are missing: a dashed column with their number. */
function paintGaps(
  context: ICanvas,
  model: TaskStreamModel,
  layout: IStreamLayout,
  view: IStreamView,
  theme: IStreamTheme
): void {
  for (const gap of model.gaps) {
    const x0 = Math.max(layout.left, timeToX(layout, view, gap.from));
    const x1 = Math.min(layout.right, timeToX(layout, view, gap.to));
    if (x1 < layout.left || x0 > layout.right) {
      continue;
    }
    const width = Math.max(3, x1 - x0);
    const height = layout.bottom - layout.top;
    context.fillStyle = theme.gap;
    context.globalAlpha = 0.18;
    context.fillRect(x0, layout.top, width, height);
    context.globalAlpha = 1;
    context.strokeStyle = theme.gap;
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.strokeRect(x0 + 0.5, layout.top + 0.5, width - 1, height - 1);
    context.setLineDash([]);
    const text = `−${count(gap.missed)}`;
    if (width > (text.length + 1) * CHARACTER) {
      context.fillStyle = theme.text;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(text, x0 + width / 2, layout.top + height / 2);
    }
  }
}

function paintHighlight(
  context: ICanvas,
  model: TaskStreamModel,
  layout: IStreamLayout,
  view: IStreamView,
  theme: IStreamTheme
): void {
  const { rows } = model;
  const slot = view.highlighted;
  const height = laneHeight(layout);
  const position = model.laneOrder.indexOf(rows.lane[slot]);
  const y = layout.top + position * layout.pitch + (layout.pitch - height) / 2;
  const x0 = Math.max(layout.left, Math.round(timeToX(layout, view, rows.start[slot])));
  const x1 = Math.min(layout.right, Math.round(timeToX(layout, view, rows.stop[slot])));
  context.strokeStyle = theme.focus;
  context.lineWidth = 2;
  context.strokeRect(x0 - 1, y - 1, Math.max(2, x1 - x0) + 2, height + 2);
}
