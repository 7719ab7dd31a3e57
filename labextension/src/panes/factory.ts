/** Makes panes with their toolbars. Loaded when the first pane is opened, and not before. */

import { MainAreaWidget } from '@jupyterlab/apputils';

import type { ClustersModel } from '../models/clusters';
import { Pane } from './base';
import { ProgressPane } from './progress';
import { TaskStreamPane } from './taskStream';
import { ClusterSelect, addStreamButtons } from './toolbar';

/** The part of the client that panes need. */
export interface IPaneContext {
  readonly clusters: ClustersModel;
  readonly settings: { readonly window: number };
  readonly settingsChanged: {
    connect(slot: () => void, thisArg: object): boolean;
  };
}

export function makeTaskStream(
  options: Pane.IOptions,
  context: IPaneContext
): MainAreaWidget<Pane> {
  const pane = new TaskStreamPane({ ...options, windowLength: context.settings.window });
  context.settingsChanged.connect(() => {
    pane.windowLength = context.settings.window;
  }, pane);
  const widget = frame(pane, options, context);
  addStreamButtons(widget.toolbar, pane, options.trans);
  return widget;
}

export function makeProgress(options: Pane.IOptions, context: IPaneContext): MainAreaWidget<Pane> {
  return frame(new ProgressPane(options), options, context);
}

function frame(
  pane: Pane,
  { target, trans }: Pane.IOptions,
  { clusters }: IPaneContext
): MainAreaWidget<Pane> {
  const widget = new MainAreaWidget({ content: pane });
  widget.addClass('jp-TreadlePaneFrame');
  widget.toolbar.addItem('cluster', new ClusterSelect(target, clusters, trans));
  return widget;
}
