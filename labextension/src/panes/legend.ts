/** Which colour is which group. */

import { count } from '../painters/format';
import { ITrans } from '../painters/trans';
import { element, setText } from './base';

const MAX_ENTRIES = 12;

export class Legend {
  constructor(trans: ITrans) {
    this._trans = trans;
    this.node = element('ul', 'jp-TreadleLegend');
    this.node.setAttribute('aria-label', trans.__('Groups of tasks'));
    this._more = element('li', 'jp-TreadleLegend-more');
  }

  readonly node: HTMLElement;

  update(groups: readonly string[]): void {
    const shown = groups.slice(0, MAX_ENTRIES);
    if (groups.length === this._count && shown.every((name, i) => name === this._shown[i])) {
      return;
    }
    this._count = groups.length;
    this._shown = shown;
    this.node.replaceChildren(...shown.map(entry), this._more);
    const hidden = groups.length - shown.length;
    setText(this._more, hidden > 0 ? this._trans.__('and %1 more', count(hidden)) : '');
  }

  private _trans: ITrans;
  private _more: HTMLElement;
  private _count = -1;
  private _shown: readonly string[] = [];
}

function entry(name: string, group: number): HTMLElement {
  const node = element('li', 'jp-TreadleLegend-entry');
  const swatch = node.appendChild(element('span', 'jp-TreadleSwatch'));
  swatch.dataset.category = String(group % 9);
  const label = node.appendChild(element('span', 'jp-TreadleLegend-name'));
  label.textContent = name;
  label.title = name;
  return node;
}
