/** One cluster in the list: how it stands, its panes, and what can be done to it. */

import { progressIcon, streamIcon } from '../icons';
import type { Cluster } from '../protocol/messages';
import { ITrans } from '../painters/trans';
import { IClusterActions } from './actions';
import { append, iconButton, setText, textButton } from './dom';
import { detailOf } from './text';

/** Lines of a log that are worth their place. */
const LOG_LINES = 40;

export class ClusterRow {
  constructor(
    readonly name: string,
    trans: ITrans,
    actions: IClusterActions
  ) {
    this._trans = trans;
    this._readLog = actions.readLog.bind(actions);
    this.node = document.createElement('li');
    this.node.className = 'jp-TreadleCluster';
    this.node.dataset.name = name;
    const head = append(this.node, 'div', 'jp-TreadleCluster-head');
    append(head, 'div', 'jp-TreadleCluster-state').setAttribute('aria-hidden', 'true');
    const words = append(head, 'div', 'jp-TreadleCluster-words');
    this._label = append(words, 'div', 'jp-TreadleCluster-label');
    this._detail = append(words, 'div', 'jp-TreadleCluster-detail');
    this._panes = append(head, 'div', 'jp-TreadleCluster-buttons');
    this._panes.append(
      iconButton(trans.__('Task stream'), streamIcon, () => actions.open('task-stream', name)),
      iconButton(trans.__('Progress'), progressIcon, () => actions.open('progress', name))
    );
    this._error = append(this.node, 'div', 'jp-TreadleCluster-error');
    this._log = append(this.node, 'pre', 'jp-TreadleCluster-log');
    this._log.tabIndex = 0;
    this._log.setAttribute('role', 'log');
    this._log.setAttribute('aria-label', trans.__('Log of %1', name));
    this._actions = append(this.node, 'div', 'jp-TreadleCluster-actions');
    this._connect = textButton(
      trans.__('Connect this notebook'),
      trans.__('Insert a cell that connects the notebook to %1', name),
      () => actions.connect(name)
    );
    this._scale = textButton(
      trans.__('Scale…'),
      trans.__('Change how many workers there are'),
      () => actions.scale(name)
    );
    this._stop = textButton(trans.__('Stop…'), trans.__('Stop all processes of %1', name), () =>
      actions.stop(name)
    );
    this._dismiss = textButton('', '', () => actions.dismiss(name));
    this._actions.append(this._connect, this._scale, this._stop, this._dismiss);
  }

  readonly node: HTMLElement;

  /** Whether its log should be read again and again. */
  get isStarting(): boolean {
    return this.node.dataset.state === 'starting';
  }

  update(cluster: Cluster): void {
    const { state } = cluster;
    const isCluster = cluster.kind === 'cluster';
    const isRunning = state === 'running';
    const before = this.node.dataset.state;
    this.node.dataset.state = state;
    this._label.textContent = cluster.label;
    this._label.title = cluster.label;
    setText(this._detail, detailOf(cluster, this._trans));
    this._detail.title = this._trans.__('%1, process %2', cluster.name, String(cluster.pid));
    this._panes.hidden = state === 'starting' || state === 'failed';
    this._error.hidden = cluster.error === '';
    setText(this._error, cluster.error);
    const isShort = isCluster && cluster.has_log && (state === 'starting' || state === 'failed');
    this._log.hidden = !isShort;
    this._connect.hidden = this._scale.hidden = this._stop.hidden = !isRunning;
    this._dismiss.hidden = isRunning || state === 'stopping';
    const isStarting = state === 'starting';
    setText(this._dismiss, isStarting ? this._trans.__('Cancel') : this._trans.__('Dismiss'));
    this._dismiss.title = isStarting
      ? this._trans.__('Do not start %1', this.name)
      : this._trans.__('Take %1 off this list', this.name);
    this._actions.hidden = !isCluster || state === 'stopping';
    if (isShort && before !== state) {
      void this.refreshLog();
    }
  }

  /** Read the log again; what can't be read leaves what is there. */
  async refreshLog(): Promise<void> {
    try {
      const text = await this._readLog(this.name);
      const lines = text.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
      if (this._log.textContent !== lines) {
        this._log.textContent = lines;
        this._log.scrollTop = this._log.scrollHeight;
      }
    } catch {
      // It may not be allowed, or the server is silent for the moment.
    }
  }

  private _trans: ITrans;
  private _readLog: (name: string) => Promise<string>;
  private _label: HTMLElement;
  private _detail: HTMLElement;
  private _panes: HTMLElement;
  private _error: HTMLElement;
  private _log: HTMLElement;
  private _actions: HTMLElement;
  private _connect: HTMLButtonElement;
  private _scale: HTMLButtonElement;
  private _stop: HTMLButtonElement;
  private _dismiss: HTMLButtonElement;
}
