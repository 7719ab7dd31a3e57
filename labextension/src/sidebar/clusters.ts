/** The list of clusters: what runs tasks for this server, and a form for a new one. */

import { addIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { ClustersModel } from '../models/clusters';
import { ITrans } from '../painters/trans';
import { IClusterActions } from './actions';
import { append, iconButton } from './dom';
import { NewClusterForm } from './newCluster';
import { ClusterRow } from './row';

/** Between two readings of the log of a cluster that starts. */
const LOG_MS = 1000;

export class ClusterList extends Widget {
  constructor(options: ClusterList.IOptions) {
    super();
    this.addClass('jp-TreadleClusters');
    this._clusters = options.clusters;
    this._trans = options.trans;
    this._actions = options.actions;
    const top = append(this.node, 'div', 'jp-TreadleClusters-top');
    const heading = append(top, 'h2', 'jp-TreadleClusters-heading');
    heading.textContent = this._trans.__('Clusters');
    this._new = iconButton(this._trans.__('New cluster…'), addIcon, () => this.toggleForm());
    this._new.setAttribute('aria-expanded', 'false');
    top.appendChild(this._new);
    this._form = new NewClusterForm(this._actions, this._trans, () => this.toggleForm(false));
    this._form.node.hidden = true;
    this.node.appendChild(this._form.node);
    this._notice = append(this.node, 'div', 'jp-TreadleClusters-notice');
    this._notice.setAttribute('role', 'status');
    this._list = append(this.node, 'ul', 'jp-TreadleClusters-list');
    this._list.setAttribute('aria-label', this._trans.__('Clusters'));
    this._help = this._makeHelp();
    this.node.appendChild(this._help);
    this._clusters.changed.connect(this._onChanged, this);
  }

  /** Show the form for a new cluster, or put it away. */
  toggleForm(show = this._form.node.hidden): void {
    if (show) {
      this._form.reset();
    }
    this._form.node.hidden = !show;
    this._new.setAttribute('aria-expanded', String(show));
    show ? this._form.focus() : this._new.focus();
    this.update();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._stopReading();
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

  protected override onBeforeHide(msg: Message): void {
    super.onBeforeHide(msg);
    this._stopReading();
  }

  protected override onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    if (!this.isVisible) {
      return;
    }
    const { clusters, knowledge } = this._clusters;
    this._setNotice(this._noticeText());
    this._new.disabled = knowledge === 'missing';
    this._help.hidden = clusters.length > 0 || knowledge === 'missing' || !this._form.node.hidden;
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
        row = new ClusterRow(cluster.name, this._trans, this._actions);
        this._rows.set(cluster.name, row);
      }
      row.update(cluster);
      if (row.node === place) {
        place = place.nextElementSibling;
      } else {
        this._list.insertBefore(row.node, place);
      }
    }
    this._keepReading();
  }

  /** Read the logs of clusters that start, for as long as there are some in sight. */
  private _keepReading(): void {
    const isWanted = [...this._rows.values()].some(row => row.isStarting);
    if (!isWanted) {
      this._stopReading();
    } else if (this._reading === null) {
      this._reading = window.setInterval(() => {
        this._rows.forEach(row => row.isStarting && void row.refreshLog());
      }, LOG_MS);
    }
  }

  private _stopReading(): void {
    if (this._reading !== null) {
      window.clearInterval(this._reading);
      this._reading = null;
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
    const start = append(help, 'button', 'jp-TreadleClusters-start jp-mod-styled jp-mod-accept');
    start.textContent = this._trans.__('New cluster…');
    start.addEventListener('click', () => this.toggleForm(true));
    add(
      'p',
      this._trans.__(
        'A notebook needs none: it shows up here by itself once it has loaded treadle. In its cells:'
      )
    );
    add('pre', '%load_ext treadle');
    add('pre', '%%parallel\nresults = [work(x) for x in items]');
    return help;
  }

  private _clusters: ClustersModel;
  private _trans: ITrans;
  private _actions: IClusterActions;
  private _new: HTMLButtonElement;
  private _form: NewClusterForm;
  private _notice: HTMLElement;
  private _list: HTMLElement;
  private _help: HTMLElement;
  private _rows = new Map<string, ClusterRow>();
  private _reading: number | null = null;
}

export namespace ClusterList {
  export interface IOptions {
    clusters: ClustersModel;
    trans: ITrans;
    actions: IClusterActions;
  }
}
