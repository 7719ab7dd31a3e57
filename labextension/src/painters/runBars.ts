/**
 * Draws one run into DOM nodes: a sentence, and a bar for each group of tasks.
 *
 * Nodes are made once and then changed, ten times a second, so that a selection, the focus and an
 * opened list survive. Text goes in as text. Done is solid, running hatched, failed crossed, and
 * every number is also written out.
 */

import type { Group } from '../protocol/messages';
import { count } from './format';
import { IRunView, glyph, groupText, sentence } from './runText';
import { ITrans } from './trans';

const MAX_GROUPS = 8;

export class RunBars {
  constructor(options: RunBars.IOptions) {
    this._trans = options.trans;
    this._colourOf = options.colourOf ?? ((_, position) => position);
    this.node = document.createElement('details');
    this.node.className = 'jp-TreadleRunBars';
    this.node.open = options.isOpen ?? true;
    const head = append(this.node, 'summary', 'jp-TreadleRunBars-head');
    this._glyph = append(head, 'span', 'jp-TreadleRunBars-glyph');
    this._glyph.setAttribute('aria-hidden', 'true');
    if (options.showLabel) {
      this._label = append(head, 'span', 'jp-TreadleRunBars-label');
    }
    this._sentence = append(head, 'span', 'jp-TreadleRunBars-sentence');
    this._groups = append(this.node, 'div', 'jp-TreadleRunBars-groups');
    this._more = append(this.node, 'div', 'jp-TreadleRunBars-more');
    this._notes = append(this.node, 'div', 'jp-TreadleRunBars-notes');
  }

  readonly node: HTMLDetailsElement;

  /** Show how the run stands. */
  update(run: IRunView): void {
    this.node.dataset.state = run.state;
    setText(this._glyph, glyph(run.state));
    setText(this._sentence, sentence(run, this._trans));
    if (this._label) {
      setText(this._label, run.label);
    }
    const shown = run.groups.slice(0, MAX_GROUPS);
    while (this._bars.length > shown.length) {
      this._bars.pop()?.node.remove();
    }
    shown.forEach((group, position) => {
      if (position === this._bars.length) {
        this._bars.push(new GroupBar(this._groups));
      }
      this._bars[position].update(group, this._colourOf(group.name, position), this._trans);
    });
    const hidden = run.groups.length - shown.length;
    setText(
      this._more,
      hidden > 0 ? this._trans._n('%2 more group', '%2 more groups', hidden, count(hidden)) : ''
    );
    setText(this._notes, (run.notes ?? []).join('\n'));
  }

  private _trans: ITrans;
  private _colourOf: (name: string, position: number) => number;
  private _glyph: HTMLElement;
  private _label: HTMLElement | null = null;
  private _sentence: HTMLElement;
  private _groups: HTMLElement;
  private _more: HTMLElement;
  private _notes: HTMLElement;
  private _bars: GroupBar[] = [];
}

export namespace RunBars {
  export interface IOptions {
    trans: ITrans;
    /** Number of the colour of a group; its position by default. */
    colourOf?: (name: string, position: number) => number;
    showLabel?: boolean;
    isOpen?: boolean;
  }
}

/** One row: name, bar, numbers. */
class GroupBar {
  constructor(parent: HTMLElement) {
    this.node = append(parent, 'div', 'jp-TreadleGroupBar');
    this._name = append(this.node, 'span', 'jp-TreadleGroupBar-name');
    this._track = append(this.node, 'div', 'jp-TreadleGroupBar-track');
    this._track.setAttribute('role', 'progressbar');
    this._track.setAttribute('aria-valuemin', '0');
    this._done = append(this._track, 'div', 'jp-TreadleGroupBar-done');
    this._failed = append(this._track, 'div', 'jp-TreadleGroupBar-failed');
    this._running = append(this._track, 'div', 'jp-TreadleGroupBar-running');
    this._numbers = append(this.node, 'span', 'jp-TreadleGroupBar-numbers');
  }

  readonly node: HTMLElement;

  update(group: Group, colour: number, trans: ITrans): void {
    const numbers = groupText(group, trans);
    setText(this._name, group.name);
    setText(this._numbers, numbers);
    this._name.title = group.name;
    this.node.dataset.category = String(colour % 9);
    this.node.classList.toggle('jp-mod-complete', group.done === group.total);
    setShare(this._done, group.done, group.total);
    setShare(this._failed, group.failed, group.total);
    setShare(this._running, group.running, group.total);
    this._track.setAttribute('aria-valuemax', String(group.total));
    this._track.setAttribute('aria-valuenow', String(group.done + group.failed));
    this._track.setAttribute('aria-valuetext', numbers);
    this._track.setAttribute('aria-label', group.name);
  }

  private _name: HTMLElement;
  private _track: HTMLElement;
  private _done: HTMLElement;
  private _failed: HTMLElement;
  private _running: HTMLElement;
  private _numbers: HTMLElement;
}

function append<K extends keyof HTMLElementTagNameMap>(
  parent: HTMLElement,
  tag: K,
  className: string
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  parent.appendChild(node);
  return node;
}

/** Writing the same text again would drop a selection and wake screen readers. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function setShare(node: HTMLElement, part: number, total: number): void {
  node.hidden = part === 0;
  const width = `${total > 0 ? Math.min(100, (100 * part) / total).toFixed(2) : 0}%`;
  if (node.style.width !== width) {
    node.style.width = width;
  }
}
