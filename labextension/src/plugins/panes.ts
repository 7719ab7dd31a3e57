/** Commands that open panes, their place in the palette, and their return after a reload. */

import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  ICommandPalette,
  IThemeManager,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ITranslator, TranslationBundle, nullTranslator } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { progressIcon, streamIcon } from '../icons';
import { ACTIVE, Target } from '../models/target';
import type { Pane } from '../panes/base';
import { CommandIDs, ITreadleClient } from '../tokens';

type PaneWidget = MainAreaWidget<Pane>;

/** A kind of pane. */
interface IPaneKind {
  readonly id: string;
  readonly command: string;
  readonly label: string;
  readonly caption: string;
  readonly icon: LabIcon;
  /** Where it goes when nobody has said: beside the notebook, or below its sister. */
  readonly mode: 'split-right' | 'split-bottom';
  readonly make: (options: Pane.IOptions) => Promise<PaneWidget>;
}

const ARGS = {
  args: {
    type: 'object',
    properties: {
      cluster: {
        type: 'string',
        description: 'Name of a cluster, or "active" for the one in use'
      }
    }
  }
} as const;

export const panesPlugin: JupyterFrontEndPlugin<void> = {
  id: '@treadle/labextension:panes',
  description: 'Opens the task stream and the progress of a cluster.',
  autoStart: true,
  requires: [ITreadleClient],
  optional: [ICommandPalette, ILayoutRestorer, IThemeManager, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    client: ITreadleClient,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('treadle');
    const opened = new Set<PaneWidget>();
    for (const kind of paneKinds(client, trans)) {
      addPane({ app, client, kind, opened, palette, restorer, trans });
    }
    app.commands.addCommand(CommandIDs.openPanes, {
      label: trans.__('Open All Panes'),
      caption: trans.__('Open the task stream and the progress of the cluster in use'),
      describedBy: ARGS,
      execute: async args => {
        await app.commands.execute(CommandIDs.openTaskStream, args);
        await app.commands.execute(CommandIDs.openProgress, args);
      }
    });
    palette?.addItem({ command: CommandIDs.openPanes, category: trans.__('treadle') });
    const restyle = (): void => opened.forEach(widget => widget.content.refreshStyle());
    // The new style sheet takes effect in the frame after the signal.
    themes?.themeChanged.connect(() => void requestAnimationFrame(restyle));
    client.settingsChanged.connect(restyle);
  }
};

function paneKinds(client: ITreadleClient, trans: TranslationBundle): IPaneKind[] {
  return [
    {
      id: 'task-stream',
      command: CommandIDs.openTaskStream,
      label: trans.__('Task Stream'),
      caption: trans.__('Show what each thread of a cluster does, live'),
      icon: streamIcon,
      mode: 'split-right',
      make: async options => {
        const { makeTaskStream } = await import('../panes/factory');
        return makeTaskStream(options, client);
      }
    },
    {
      id: 'progress',
      command: CommandIDs.openProgress,
      label: trans.__('Progress'),
      caption: trans.__('Show how far the runs of a cluster are'),
      icon: progressIcon,
      mode: 'split-bottom',
      make: async options => {
        const { makeProgress } = await import('../panes/factory');
        return makeProgress(options, client);
      }
    }
  ];
}

interface IWiring {
  app: JupyterFrontEnd;
  client: ITreadleClient;
  kind: IPaneKind;
  /** Every pane that is open, of all kinds. */
  opened: Set<PaneWidget>;
  palette: ICommandPalette | null;
  restorer: ILayoutRestorer | null;
  trans: TranslationBundle;
}

function addPane(wiring: IWiring): void {
  const { app, kind, palette, restorer, trans } = wiring;
  const tracker = new WidgetTracker<PaneWidget>({ namespace: `treadle-${kind.id}` });
  app.commands.addCommand(kind.command, {
    label: args => (args.isPalette ? trans.__('Open %1', kind.label) : kind.label),
    caption: kind.caption,
    icon: kind.icon,
    describedBy: ARGS,
    execute: async args => {
      const cluster = typeof args.cluster === 'string' ? args.cluster : ACTIVE;
      const present = tracker.find(widget => widget.content.target.choice === cluster);
      if (present) {
        app.shell.activateById(present.id);
        return present;
      }
      return openPane(wiring, tracker, cluster);
    }
  });
  palette?.addItem({
    command: kind.command,
    category: trans.__('treadle'),
    args: { isPalette: true }
  });
  if (restorer) {
    void restorer.restore(tracker, {
      command: kind.command,
      args: widget => paneArgs(kind, widget),
      name: widget => `${kind.id}:${widget.content.target.choice}`
    });
  }
}

async function openPane(
  wiring: IWiring,
  tracker: WidgetTracker<PaneWidget>,
  cluster: string
): Promise<PaneWidget> {
  const { app, client, kind, opened, trans } = wiring;
  const { clusters, kernel, pool } = client;
  const target = new Target({ clusters, kernel, choice: cluster });
  const widget = await kind.make({ target, pool, trans });
  widget.id = `treadle-${kind.id}-${cluster}-${Private.nextSerial()}`;
  widget.title.label = kind.label;
  widget.title.caption = kind.caption;
  widget.title.icon = kind.icon;
  target.changed.connect(() => void tracker.save(widget));
  const sister = [...opened].find(other => other.isAttached && other.isVisible);
  opened.add(widget);
  widget.disposed.connect(() => opened.delete(widget));
  await tracker.add(widget);
  app.shell.add(
    widget,
    'main',
    sister && kind.mode === 'split-bottom'
      ? { mode: 'split-bottom', ref: sister.id, activate: false }
      : { mode: kind.mode === 'split-bottom' ? 'split-right' : kind.mode, activate: false }
  );
  return widget;
}

function paneArgs(kind: IPaneKind, widget: PaneWidget): ReadonlyPartialJSONObject {
  return { pane: kind.id, cluster: widget.content.target.choice };
}

namespace Private {
  let serial = 0;

  export function nextSerial(): number {
    serial += 1;
    return serial;
  }
}
