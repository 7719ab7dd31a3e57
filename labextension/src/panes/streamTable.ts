/** The task stream as a table: for each group, what it did in the stretch that is shown. */

import type { TaskStreamModel } from '../models/taskStream';
import { ISpan } from '../models/window';
import { count, duration } from '../painters/format';
import { ITrans } from '../painters/trans';
import { element, setText } from './base';

export class StreamTable {
  constructor(trans: ITrans) {
    this.node = element('div', 'jp-TreadleTable');
    this.node.tabIndex = 0;
    this.node.hidden = true;
    const table = this.node.appendChild(element('table', 'jp-TreadleTable-table'));
    this._caption = table.appendChild(element('caption', 'jp-TreadleTable-caption'));
    const head = table.appendChild(element('thead', '')).appendChild(element('tr', ''));
    const titles = [
      trans.__('Group'),
      trans.__('Tasks'),
      trans.__('Failed'),
      trans.__('Total time'),
      trans.__('Mean'),
      trans.__('Longest')
    ];
    for (const title of titles) {
      const cell = head.appendChild(element('th', ''));
      cell.scope = 'col';
      cell.textContent = title;
    }
    this._body = table.appendChild(element('tbody', ''));
    this._trans = trans;
  }

  readonly node: HTMLElement;

  update(model: TaskStreamModel, { from, to }: ISpan): void {
    const rows = model.summarize(from, to);
    setText(this._caption, this._trans.__('Tasks in the %1 that are shown', duration(to - from)));
    while (this._body.rows.length > rows.length) {
      this._body.deleteRow(-1);
    }
    rows.forEach((row, at) => {
      const line = this._body.rows[at] ?? this._makeRow();
      const values = [
        model.groups.all[row.group],
        count(row.tasks),
        count(row.failed),
        duration(row.seconds),
        duration(row.seconds / row.tasks),
        duration(row.longest)
      ];
      line.dataset.category = String(row.group % 9);
      values.forEach((value, column) => setText(this._cell(line, column), value));
    });
  }

  private _makeRow(): HTMLTableRowElement {
    const line = this._body.insertRow();
    const head = line.appendChild(element('th', ''));
    head.scope = 'row';
    head.append(element('span', 'jp-TreadleSwatch'), element('span', ''));
    for (let column = 1; column < 6; column++) {
      line.insertCell();
    }
    return line;
  }

  private _cell(line: HTMLTableRowElement, column: number): HTMLElement {
    const cell = line.cells[column];
    return column === 0 ? (cell.lastElementChild as HTMLElement) : cell;
  }

  private _trans: ITrans;
  private _caption: HTMLElement;
  private _body: HTMLTableSectionElement;
}
