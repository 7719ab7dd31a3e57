/**
 * Paints the tasks of one lane with level of detail.
 *
 * A task of a pixel or more is a rectangle of its own. Smaller ones are merged by pixel column: the
 * column takes the colour of the group that filled most of it, fainter the less of it was filled, so a
 * picture of 200,000 tasks costs no more rectangles than the lane has pixels. A failed task is never
 * merged away.
 */

import type { TaskStreamModel } from '../models/taskStream';
import { ICanvas } from './canvas';
import { IStreamLayout, IWindow } from './streamLayout';
import { IStreamTheme } from './theme';

/** A rectangle that is wide enough to be written on. */
export interface ILabelled {
  readonly x: number;
  readonly width: number;
  readonly group: number;
  readonly colour: string;
}

/** Opacity of a column by how full it is: five steps, so that neighbours can share a rectangle. */
const OPACITY = [0.3, 0.45, 0.6, 0.8, 1];
const WRITABLE_WIDTH = 44;
const FAILED = -1;

export class LanePainter {
  constructor(context: ICanvas, theme: IStreamTheme, layout: IStreamLayout, window: IWindow) {
    this._context = context;
    this._theme = theme;
    this._layout = layout;
    this._window = window;
  }

  /** Rectangles painted so far. */
  get rectangles(): number {
    return this._rectangles;
  }

  /** Paint the rows of `lane` at height `y`; returns the rectangles that can bear a name. */
  paint(model: TaskStreamModel, lane: number, y: number, height: number): ILabelled[] {
    const { rows } = model;
    if (lane >= rows.lanes.length) {
      return [];
    }
    const { left, right } = this._layout;
    const { from, to } = this._window;
    const scale = (right - left) / (to - from);
    const { slots } = rows.lanes[lane];
    const [begin, end] = rows.range(lane, from, to);
    const labelled: ILabelled[] = [];
    const failed: number[] = [];
    this._y = y;
    this._height = height;
    // Others have used the context since the lane before.
    this._lastCode = NaN;
    for (let at = begin; at < end; at++) {
      const slot = slots[at];
      const x0 = Math.max(left, left + (rows.start[slot] - from) * scale);
      const x1 = Math.min(right, left + (rows.stop[slot] - from) * scale);
      if (x1 < left || x0 > right) {
        continue;
      }
      if (rows.status[slot] !== 0) {
        failed.push(x0, x1);
      } else if (x1 - x0 < 1) {
        this._merge(x0, x1 - x0, this._code(rows.group[slot], rows.kind[slot]));
      } else {
        this._flushAll();
        const code = this._code(rows.group[slot], rows.kind[slot]);
        const edge = Math.round(x0);
        const width = Math.max(1, Math.round(x1) - edge);
        // A pixel between neighbours, once there is room for one.
        this._fill(edge, width > 3 ? width - 1 : width, code, 1);
        if (width >= WRITABLE_WIDTH) {
          labelled.push({ x: edge, width, group: rows.group[slot], colour: this._colour(code) });
        }
      }
    }
    this._flushAll();
    // Last, or a good task that shares the pixel would cover it.
    for (let i = 0; i < failed.length; i += 2) {
      this._failed(failed[i], failed[i + 1]);
    }
    return labelled;
  }

  /** A colour as a small number: a group, or past the categories a kind. */
  private _code(group: number, kind: number): number {
    const { categories, kinds } = this._theme;
    return kind > 0 && kind < kinds.length ? categories.length + kind : group % categories.length;
  }

  private _colour(code: number): string {
    const { categories, kinds, failed } = this._theme;
    if (code === FAILED) {
      return failed;
    }
    return code < categories.length ? categories[code] : kinds[code - categories.length];
  }

  private _merge(x: number, width: number, code: number): void {
    const column = Math.floor(x);
    if (column !== this._column) {
      this._flushColumn();
      this._column = column;
      this._columnWidth = 0;
      this._columnLargest = -1;
    }
    this._columnWidth += width;
    if (width > this._columnLargest) {
      this._columnLargest = width;
      this._columnCode = code;
    }
  }

  /** Close the pixel column; it joins the span before it when they look the same. */
  private _flushColumn(): void {
    if (this._column < 0) {
      return;
    }
    const fullness = Math.min(1, this._columnWidth);
    const opacity = Math.min(OPACITY.length - 1, Math.floor(fullness * OPACITY.length));
    const adjoins = this._spanEnd === this._column;
    if (!adjoins || this._spanCode !== this._columnCode || this._spanOpacity !== opacity) {
      this._flushSpan();
      this._spanStart = this._column;
      this._spanCode = this._columnCode;
      this._spanOpacity = opacity;
    }
    this._spanEnd = this._column + 1;
    this._column = -1;
  }

  private _flushSpan(): void {
    if (this._spanEnd > this._spanStart) {
      const width = this._spanEnd - this._spanStart;
      this._fill(this._spanStart, width, this._spanCode, OPACITY[this._spanOpacity]);
    }
    this._spanStart = this._spanEnd = -1;
  }

  private _flushAll(): void {
    this._flushColumn();
    this._flushSpan();
  }

  private _failed(x0: number, x1: number): void {
    const context = this._context;
    const x = Math.round(x0);
    const width = Math.max(2, Math.round(x1) - x);
    this._fill(x, width, FAILED, 1);
    if (width >= 8 && this._height >= 6) {
      context.strokeStyle = this._theme.background;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, this._y);
      context.lineTo(x + width, this._y + this._height);
      context.moveTo(x + width, this._y);
      context.lineTo(x, this._y + this._height);
      context.stroke();
    }
  }

  private _fill(x: number, width: number, code: number, opacity: number): void {
    const context = this._context;
    if (code !== this._lastCode) {
      this._lastCode = code;
      context.fillStyle = this._colour(code);
    }
    context.globalAlpha = opacity;
    context.fillRect(x, this._y, width, this._height);
    context.globalAlpha = 1;
    this._rectangles += 1;
  }

  private _context: ICanvas;
  private _theme: IStreamTheme;
  private _layout: IStreamLayout;
  private _window: IWindow;
  private _rectangles = 0;
  private _y = 0;
  private _height = 0;
  private _lastCode = NaN;
  private _column = -1;
  private _columnWidth = 0;
  private _columnLargest = -1;
  private _columnCode = 0;
  private _spanStart = -1;
  private _spanEnd = -1;
  private _spanCode = 0;
  private _spanOpacity = 0;
}
