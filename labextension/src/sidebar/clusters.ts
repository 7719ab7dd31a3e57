/** The list of clusters: what runs tasks for this server, and the panes of each. */

import { LabIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { progressIcon, streamIcon } from '../icons';
import type { Cluster } from '../protocol/messages';
import { ClustersModel } from '../models/clusters';
import { ITrans } from '../painters/trans';

export class ClusterList extends Widget {
  constructor(options: ClusterList.IOptions) {
    super();
    this.addClass('jp-TreadleClusters');
    this._clusters = options.clusters;
    this._trans = options.trans;
    this._open = options.open;
    this._heading = this._append('h2', 'jp-TreadleClusters-heading');
    this._heading.textContent = this._trans.__('Clusters');
    this._notice = this._append('div', 'jp-TreadleClusters-notice');
    this._notice.setAttribute('role', 'status');
    this._list = this._append('ul', 'jp-TreadleClusters-list');
    this._list.setAttribute('aria-label', this._trans.__('Clusters'));
    this._help = this._makeHelp();
    this.node.appendChild(this._help);
    this._clusters.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.update();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.update();
  }

  protected override onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    if (!this.isVisible) {
      return;
    }
    const { clusters, knowledge } = this._clusters;
    this._setNotice(this._noticeText());
    this._help.hidden = clusters.length > 0 || knowledge === 'missing';
    this._list.hidden = clusters.length === 0;
    this._list.classList.toggle('jp-mod-stale', knowledge === 'stale');
    const wanted = new Set(clusters.map(cluster => cluster.name));
    for (const [name, row] of this._rows) {
      if (!wanted.has(name)) {
        row.node.remove();
        this._rows.delete(name);
      }
    }
    // Rows are kept, so that a button that has the focus keeps it.
    let place = this._list.firstElementChild;
    for (const cluster of clusters) {
      let row = this._rows.get(cluster.name);
      if (!row) {
        row = new ClusterRow(cluster.name, this._trans, this._open);
        this._rows.set(cluster.name, row);
      }
      row.update(cluster, this._trans);
      if (row.node === place) {
        place = place.nextElementSibling;
      } else {
        this._list.insertBefore(row.node, place);
      }
    }
  }

  private _onChanged(): void {
    this.update();
  }

  private _noticeText(): string {
    switch (this._clusters.knowledge) {
      case 'missing':
        return this._trans.__(
          'The treadle server extension does not answer. Install treadle where JupyterLab runs, and start JupyterLab again.'
        );
      case 'stale':
        return this._trans.__('The server does not answer. Reconnecting…');
      default:
        return '';
    }
  }

  private _setNotice(text: string): void {
    this._notice.hidden = text === '';
    if (this._notice.textContent !== text) {
      this._notice.textContent = text;
    }
  }

  private _makeHelp(): HTMLElement {
    const help = document.createElement('div');
    help.className = 'jp-TreadleClusters-help';
    const add = (tag: 'p' | 'pre', text: string): void => {
      help.appendChild(document.createElement(tag)).textContent = text;
    };
    add('p', this._trans.__('Nothing runs tasks yet.'));
    add(
      'p',
      this._trans.__('A notebook shows up here by itself once it has loaded treadle. In its cells:')
    );
    add('pre', '%load_ext treadle');
    add('pre', '%%parallel\nresults = [work(x) for x in items]');
    add('p', this._trans.__('Then its task stream and its progress can be opened from here.'));
    return help;
  }

  private _append(tag: 'h2' | 'div' | 'ul', className: string): HTMLElement {
    const node = document.createElement(tag);
    node.className = className;
    return this.node.appendChild(node);
  }

  private _clusters: ClustersModel;
  private _trans: ITrans;
  private _open: ClusterList.Open;
  private _heading: HTMLElement;
  private _notice: HTMLElement;
  private _list: HTMLElement;
  private _help: HTMLElement;
  private _rows = new Map<string, ClusterRow>();
}

export namespace ClusterList {
  export type PaneKind = 'task-stream' | 'progress';
  /** Open a pane of a cluster. */
  export type Open = (pane: PaneKind, cluster: string) => void;

  export interface IOptions {
    clusters: ClustersModel;
    trans: ITrans;
    open: Open;
  }
}

/** One cluster: how it stands, what it is, and its panes. */
class ClusterRow {
  constructor(name: string, trans: ITrans, open: ClusterList.Open) {
    this.node = document.createElement('li');
    this.node.className = 'jp-TreadleCluster';
    this.node.dataset.name = name;
    const state = append(this.node, 'jp-TreadleCluster-state');
    state.setAttribute('aria-hidden', 'true');
    const words = append(this.node, 'jp-TreadleCluster-words');
    this._label = append(words, 'jp-TreadleCluster-label');
    this._detail = append(words, 'jp-TreadleCluster-detail');
    const buttons = append(this.node, 'jp-TreadleCluster-buttons');
    buttons.append(
      makeButton(trans.__('Task stream'), streamIcon, () => open('task-stream', name)),
      makeButton(trans.__('Progress'), progressIcon, () => open('progress', name))
    );
  }

  readonly node: HTMLElement;

  update(cluster: Cluster, trans: ITrans): void {
    this.node.dataset.state = cluster.state;
    this._label.textContent = cluster.label;
    this._label.title = cluster.label;
    const since = new Date(cluster.started * 1000).toLocaleTimeString([], { timeStyle: 'short' });
    this._detail.textContent =
      cluster.state === 'running'
        ? trans.__('%1 since %2', cluster.kind, since)
        : trans.__('lost: %1 since %2', cluster.kind, since);
    this._detail.title = trans.__('%1, process %2', cluster.name, String(cluster.pid));
  }

  private _label: HTMLElement;
  private _detail: HTMLElement;
}

function append(parent: HTMLElement, className: string): HTMLElement {
  const node = document.createElement('div');
  node.className = className;
  return parent.appendChild(node);
}

function makeButton(title: string, icon: LabIcon, act: () => void): HTMLElement {
  const button = document.createElement('button');
  button.className = 'jp-TreadleCluster-button';
  button.title = title;
  button.setAttribute('aria-label', title);
  icon.element({ container: button, tag: 'span', stylesheet: 'menuItem' });
  button.title = title;
  button.className = 'jp-TreadleCluster-button';
  button.addEventListener('click', act);
  return button;
}
