/** What is under the pointer of a task stream, in words. */

import type { TaskStreamModel } from '../models/taskStream';
import { count, duration } from '../painters/format';
import { ITrans } from '../painters/trans';
import { element, setText } from './base';

const DISTANCE = 14;

export class StreamTooltip {
  constructor(trans: ITrans) {
    this._trans = trans;
    this.node = element('div', 'jp-TreadleTooltip');
    this.node.hidden = true;
    // What it says is in the table too; reading it out at each move would be noise.
    this.node.setAttribute('aria-hidden', 'true');
    const head = this.node.appendChild(element('div', 'jp-TreadleTooltip-head'));
    this._swatch = head.appendChild(element('span', 'jp-TreadleSwatch'));
    this._group = head.appendChild(element('span', 'jp-TreadleTooltip-group'));
    this._duration = head.appendChild(element('span', 'jp-TreadleTooltip-duration'));
    this._detail = this.node.appendChild(element('div', 'jp-TreadleTooltip-detail'));
  }

  readonly node: HTMLElement;

  show(model: TaskStreamModel, slot: number, origin: number, x: number, y: number): void {
    const { rows, groups, lanes } = model;
    const trans = this._trans;
    const group = rows.group[slot];
    const failed = rows.status[slot] !== 0;
    this._swatch.dataset.category = String(group % 9);
    setText(this._group, groups.all[group] ?? '');
    setText(this._duration, duration(rows.stop[slot] - rows.start[slot]));
    const lines = [
      trans.__('%1, task %2', lanes.all[rows.lane[slot]], count(rows.number[slot])),
      trans.__(
        'began at %1 (%2)',
        duration(rows.start[slot] - origin),
        new Date(rows.start[slot] * 1000).toLocaleTimeString()
      )
    ];
    if (failed) {
      lines.push(trans.__('failed'));
    }
    setText(this._detail, lines.join('\n'));
    this.node.classList.toggle('jp-mod-failed', failed);
    this.node.hidden = false;
    this._place(x, y);
  }

  hide(): void {
    this.node.hidden = true;
  }

  /** Beside the pointer, on the side where there is room. */
  private _place(x: number, y: number): void {
    const parent = this.node.parentElement;
    if (!parent) {
      return;
    }
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const right = x + DISTANCE + width <= parent.clientWidth;
    const below = y + DISTANCE + height <= parent.clientHeight;
    this.node.style.left = `${Math.max(0, right ? x + DISTANCE : x - DISTANCE - width)}px`;
    this.node.style.top = `${Math.max(0, below ? y + DISTANCE : y - DISTANCE - height)}px`;
  }

  private _trans: ITrans;
  private _swatch: HTMLElement;
  private _group: HTMLElement;
  private _duration: HTMLElement;
  private _detail: HTMLElement;
}
