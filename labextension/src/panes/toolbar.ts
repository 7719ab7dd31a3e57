/** The toolbars of panes: which cluster, and for a task stream what its picture does. */

import {
  Toolbar,
  ToolbarButton,
  fastForwardIcon,
  pauseIcon,
  tableRowsIcon
} from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { fitIcon } from '../icons';
import { ClustersModel } from '../models/clusters';
import { ACTIVE, Target } from '../models/target';
import { ITrans } from '../painters/trans';
import { TaskStreamPane } from './taskStream';

/** Chooses what a pane shows: the cluster in use, or one by name. */
export class ClusterSelect extends Widget {
  constructor(target: Target, clusters: ClustersModel, trans: ITrans) {
    super();
    this.addClass('jp-TreadleClusterSelect');
    this._target = target;
    this._clusters = clusters;
    this._trans = trans;
    this._select = this.node.appendChild(document.createElement('select'));
    this._select.setAttribute('aria-label', trans.__('Cluster'));
    this._select.addEventListener('change', this);
    clusters.changed.connect(this._refresh, this);
    target.changed.connect(this._refresh, this);
  }

  handleEvent(): void {
    this._target.choice = this._select.value;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._select.removeEventListener('change', this);
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._refresh();
  }

  private _refresh(): void {
    const { choice, name } = this._target;
    const labelOf = (cluster: string): string => this._clusters.find(cluster)?.label ?? cluster;
    const names = this._clusters.clusters.map(cluster => cluster.name);
    if (choice !== ACTIVE && !names.includes(choice)) {
      names.push(choice);
    }
    const active =
      choice === ACTIVE && name !== null
        ? this._trans.__('Active: %1', labelOf(name))
        : this._trans.__('Active cluster');
    const options = [new Option(active, ACTIVE, false, choice === ACTIVE)];
    for (const cluster of names) {
      options.push(new Option(labelOf(cluster), cluster, false, cluster === choice));
    }
    this._select.replaceChildren(...options);
  }

  private _target: Target;
  private _clusters: ClustersModel;
  private _trans: ITrans;
  private _select: HTMLSelectElement;
}

/** Fill the toolbar of a task stream. */
export function addStreamButtons(toolbar: Toolbar, pane: TaskStreamPane, trans: ITrans): void {
  const follow = new ToolbarButton({
    className: 'jp-TreadleFollowButton',
    icon: pauseIcon,
    pressedIcon: fastForwardIcon,
    tooltip: trans.__('Pause: hold this picture (Space)'),
    pressedTooltip: trans.__('Follow the newest run (f, or double-click)'),
    pressed: !pane.isFollowing,
    onClick: () => pane.toggleFollow()
  });
  const fit = new ToolbarButton({
    className: 'jp-TreadleFitButton',
    icon: fitIcon,
    tooltip: trans.__('Show everything (Home)'),
    onClick: () => pane.showAll()
  });
  const table = new ToolbarButton({
    className: 'jp-TreadleTableButton',
    icon: tableRowsIcon,
    tooltip: trans.__('Show as table (t)'),
    pressedTooltip: trans.__('Show as picture (t)'),
    pressed: pane.isTable,
    onClick: () => pane.toggleTable()
  });
  toolbar.addItem('follow', follow);
  toolbar.addItem('fit', fit);
  toolbar.addItem('table', table);
  pane.modeChanged.connect(() => {
    follow.pressed = !pane.isFollowing;
    table.pressed = pane.isTable;
  });
}
