/**
 * What every pane of tasks has in common.
 *
 * - It shows one target, and takes a lease of its source while attached.
 * - It paints once an animation frame at most, and never while hidden.
 * - It says why it is empty, and keeps its last picture, under a ribbon, when the feed breaks.
 *
 * A pane adds its content to `content`, listens to the source in `attachSource` and draws in `paint`.
 */

import { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { ILease, Source, SourcePool } from '../models/source';
import { Target } from '../models/target';
import { ITrans } from '../painters/trans';
import type { Topic } from '../protocol/messages';

export abstract class Pane extends Widget {
  constructor(options: Pane.IOptions, topics: readonly Topic[]) {
    super();
    this.addClass('jp-TreadlePane');
    this.target = options.target;
    this.trans = options.trans;
    this._pool = options.pool;
    this._topics = topics;
    this._ribbon = element('div', 'jp-TreadlePane-ribbon');
    this._ribbon.setAttribute('role', 'status');
    this.content = element('div', 'jp-TreadlePane-content');
    this._empty = element('div', 'jp-TreadlePane-empty');
    this._empty.setAttribute('role', 'status');
    this._emptyTitle = this._empty.appendChild(element('div', 'jp-TreadlePane-emptyTitle'));
    this._emptyHint = this._empty.appendChild(element('div', 'jp-TreadlePane-emptyHint'));
    this.node.append(this._ribbon, this.content, this._empty);
    this.target.changed.connect(this._onTarget, this);
  }

  /** What this pane shows; disposed with it. */
  readonly target: Target;

  /** Times that this pane has painted. */
  get paints(): number {
    return this._paints;
  }

  /** Look at colours and settings again. */
  refreshStyle(): void {
    this.invalidate();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    cancelAnimationFrame(this._frame);
    this._release();
    this.target.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  /** Ask for a paint at the next animation frame, if anybody can see it. */
  protected invalidate(): void {
    if (this._frame === 0 && this.isAttached && this.isVisible) {
      this._frame = requestAnimationFrame(time => this._onFrame(time));
    }
  }

  /** Whether this is too early for another paint; it is then tried again at the next frame. */
  protected isTooEarly(_time: number): boolean {
    return false;
  }

  /** Draw everything. Called only while visible. */
  protected abstract paint(): void;

  /** Whether there is nothing to draw yet. */
  protected abstract get isEmpty(): boolean;

  /** A source has come: listen to its models. */
  protected abstract attachSource(source: Source): void;

  /** The source is about to go. */
  protected abstract detachSource(source: Source): void;

  protected get source(): Source | null {
    return this._lease?.source ?? null;
  }

  /** The pane's own nodes go in here. */
  protected readonly content: HTMLElement;
  protected readonly trans: ITrans;

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._acquire();
    this.invalidate();
  }

  protected override onBeforeDetach(msg: Message): void {
    this._cancelFrame();
    this._release();
    super.onBeforeDetach(msg);
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.invalidate();
  }

  protected override onAfterHide(msg: Message): void {
    this._cancelFrame();
    super.onAfterHide(msg);
  }

  protected override onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    this.invalidate();
  }

  protected override onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    this.invalidate();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  private _onFrame(time: number): void {
    this._frame = 0;
    if (this.isDisposed || !this.isVisible) {
      return;
    }
    if (this.isTooEarly(time)) {
      this.invalidate();
      return;
    }
    this._paints += 1;
    this._showState();
    this.paint();
  }

  private _cancelFrame(): void {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
  }

  private _onTarget(): void {
    if (this.isAttached && this.target.name !== this._lease?.source.name) {
      this._release();
      this._acquire();
    }
    this.invalidate();
  }

  private _acquire(): void {
    const name = this.target.name;
    if (name === null || this._lease) {
      return;
    }
    this._lease = this._pool.acquire(name, this._topics);
    const { source } = this._lease;
    source.feed.stateChanged.connect(this.invalidate, this);
    this.attachSource(source);
  }

  private _release(): void {
    const lease = this._lease;
    if (lease) {
      lease.source.feed.stateChanged.disconnect(this.invalidate, this);
      this.detachSource(lease.source);
      this._lease = null;
      lease.dispose();
    }
  }

  private _showState(): void {
    const [title, hint] = this.isEmpty ? this._reasonOfEmptiness() : ['', ''];
    const ribbon = this.isEmpty ? '' : this._ribbonText();
    setText(this._emptyTitle, title);
    setText(this._emptyHint, hint);
    setText(this._ribbon, ribbon);
    this._empty.hidden = title === '';
    this._ribbon.hidden = ribbon === '';
    this.content.classList.toggle('jp-mod-empty', title !== '');
    this.content.classList.toggle('jp-mod-stale', ribbon !== '');
    this.node.dataset.state = this.source?.feed.state ?? 'none';
  }

  private _reasonOfEmptiness(): [string, string] {
    const { trans } = this;
    switch (this.source?.feed.state) {
      case undefined:
      case 'unknown':
        return [
          trans.__('Waiting for a cluster'),
          trans.__('This pane fills by itself as soon as a notebook runs something in parallel.')
        ];
      case 'live':
      case 'paused':
        return [
          trans.__('Waiting for tasks'),
          trans.__('Run a cell that begins with %1 and its tasks appear here.', '%%parallel')
        ];
      case 'lost':
        return [trans.__('The cluster is lost'), this.source?.feed.reason ?? ''];
      default:
        return [trans.__('Connecting…'), ''];
    }
  }

  private _ribbonText(): string {
    const { trans } = this;
    switch (this.source?.feed.state) {
      case 'connecting':
      case 'reconnecting':
        return trans.__('Reconnecting…');
      case 'lost':
        return trans.__('Lost: the cluster does not answer. This is its last picture.');
      case 'unknown':
        return trans.__('Lost: the cluster has ended. This is its last picture.');
      default:
        return '';
    }
  }

  private _pool: SourcePool;
  private _topics: readonly Topic[];
  private _lease: ILease | null = null;
  private _frame = 0;
  private _paints = 0;
  private _ribbon: HTMLElement;
  private _empty: HTMLElement;
  private _emptyTitle: HTMLElement;
  private _emptyHint: HTMLElement;
}

export namespace Pane {
  export interface IOptions {
    /** What to show; the pane disposes it. */
    target: Target;
    pool: SourcePool;
    trans: ITrans;
  }
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  return node;
}

export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}
