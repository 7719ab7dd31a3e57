import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { ClustersModel } from '../src/models/clusters';
import { INotebook, selectConnection } from '../src/models/connection';
import type { IClusterActions } from '../src/sidebar/actions';
import { ClusterList } from '../src/sidebar/clusters';
import type { INewCluster } from '../src/transport/requests';
import { cluster } from './support/source';
import { trans } from './support/text';

/** Icons alone are wanted of a package that needs a whole browser. */
jest.mock('@jupyterlab/ui-components', () => {
  class LabIcon {
    element({ container }: { container: HTMLElement }): void {
      container.append(document.createElement('span'));
    }
  }
  return { LabIcon, addIcon: new LabIcon() };
});

class Actions implements IClusterActions {
  readonly calls: string[] = [];
  readonly wanted: INewCluster[] = [];
  log = 'one\ntwo';
  refusal: Error | null = null;

  open = (pane: string, name: string): void => void this.calls.push(`${pane} ${name}`);
  connect = (name: string): void => void this.calls.push(`connect ${name}`);
  scale = (name: string): void => void this.calls.push(`scale ${name}`);
  stop = (name: string): void => void this.calls.push(`stop ${name}`);
  dismiss = (name: string): void => void this.calls.push(`dismiss ${name}`);
  readLog = (): Promise<string> => Promise.resolve(this.log);
  start = (wanted: INewCluster): Promise<void> => {
    this.wanted.push(wanted);
    return this.refusal ? Promise.reject(this.refusal) : Promise.resolve();
  };
  environments = (): ReturnType<IClusterActions['environments']> => ({
    all: [
      { name: 'python3', label: 'Python 3' },
      { name: 'other', label: 'Other <b>' }
    ],
    chosen: 'other'
  });
}

let actions: Actions;
let model: ClustersModel;
let list: ClusterList;

beforeEach(() => {
  jest.useFakeTimers();
  actions = new Actions();
  model = new ClustersModel();
  list = new ClusterList({ clusters: model, trans, actions });
  Widget.attach(list, document.body);
});

afterEach(() => {
  list.dispose();
  jest.useRealTimers();
});

function show(...clusters: ReturnType<typeof cluster>[]): void {
  model.update(clusters);
  MessageLoop.flush();
}

function local(extra: Parameters<typeof cluster>[1] = {}): ReturnType<typeof cluster> {
  return cluster('local-1', { kind: 'cluster', label: 'local-1', ...extra });
}

function row(): HTMLElement {
  return list.node.querySelector<HTMLElement>('.jp-TreadleCluster')!;
}

/** Labels of what can be clicked in the row. */
function buttons(): string[] {
  return [...row().querySelectorAll('button')]
    .filter(button => !button.closest('[hidden]'))
    .map(button => button.textContent || button.title);
}

function click(label: string): void {
  const found = [...list.node.querySelectorAll('button')].find(
    button => (button.textContent || button.title) === label
  );
  found!.click();
}

const settled = async (): Promise<void> => {
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
};

describe('a row', () => {
  test.each([
    ['running', ['Task stream', 'Progress', 'Connect this notebook', 'Scale…', 'Stop…']],
    ['starting', ['Cancel']],
    ['stopping', ['Task stream', 'Progress']],
    ['failed', ['Dismiss']],
    ['lost', ['Task stream', 'Progress', 'Dismiss']]
  ] as const)('of a cluster that is %s offers what can be done', (state, offered) => {
    show(local({ state }));
    expect(buttons()).toEqual(offered);
  });

  test('of a kernel offers its panes alone', () => {
    show(cluster('k'));
    expect(buttons()).toEqual(['Task stream', 'Progress']);
  });

  test('tells how many workers there are', () => {
    const details = [
      { workers: null },
      { workers: 0, threads: 0 },
      { workers: 1, threads: 1 },
      { workers: 8, threads: 16 }
    ].map(extra => {
      show(local(extra));
      return row().querySelector('.jp-TreadleCluster-detail')!.textContent;
    });
    expect(details.slice(1)).toEqual(['0 workers', '1 worker', '8 workers, 16 threads']);
    expect(details[0]).toContain('cluster since');
  });

  test('asks for what is clicked, by name', () => {
    show(local());
    ['Task stream', 'Connect this notebook', 'Scale…', 'Stop…'].forEach(click);
    show(local({ state: 'failed' }));
    click('Dismiss');
    expect(actions.calls).toEqual([
      'task-stream local-1',
      'connect local-1',
      'scale local-1',
      'stop local-1',
      'dismiss local-1'
    ]);
  });

  test('shows the log while its cluster starts, and reads it no longer afterwards', async () => {
    const read = jest.spyOn(actions, 'readLog');
    show(local({ state: 'starting', has_log: true }));
    await settled();
    const log = row().querySelector<HTMLElement>('.jp-TreadleCluster-log')!;
    expect(log.textContent).toBe('one\ntwo');

    actions.log = 'one\ntwo\n<b>three</b>\n';
    jest.advanceTimersByTime(1000);
    await settled();
    expect(log.textContent).toBe('one\ntwo\n<b>three</b>');
    expect(read).toHaveBeenCalledTimes(2);

    show(local());
    jest.advanceTimersByTime(5000);
    expect(log.hidden).toBe(true);
    expect(read).toHaveBeenCalledTimes(2);
  });

  test('reads no log while the list is out of sight', () => {
    const read = jest.spyOn(actions, 'readLog');
    show(local({ state: 'starting', has_log: true }));
    list.hide();
    jest.advanceTimersByTime(5000);
    expect(read).toHaveBeenCalledTimes(1);
  });

  test('survives a log that can not be read', async () => {
    jest.spyOn(actions, 'readLog').mockRejectedValue(new Error('Forbidden'));
    show(local({ state: 'failed', has_log: true, error: 'exit code 1: <i>' }));
    await settled();
    expect(row().querySelector('.jp-TreadleCluster-error')!.textContent).toBe('exit code 1: <i>');
  });

  test('keeps its buttons when the list changes, so that the focus stays', () => {
    show(local());
    const button = [...row().querySelectorAll('button')].find(one => one.textContent === 'Scale…')!;
    button.focus();
    show(local({ workers: 3 }), cluster('k'));
    expect(document.activeElement).toBe(button);
  });
});

describe('the form', () => {
  function field(name: string): HTMLInputElement {
    return list.node.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
  }

  function submit(): void {
    field('name').form!.dispatchEvent(new Event('submit', { cancelable: true }));
  }

  const isOpen = (): boolean => !field('name').form!.hidden;

  test('offers the environments, and that of the notebook first', () => {
    list.toggleForm(true);
    const select = list.node.querySelector('select')!;
    expect([...select.options].map(option => option.text)).toEqual(['Python 3', 'Other <b>']);
    expect(select.value).toBe('other');
  });

  test('asks for what was filled in, and leaves out what was not', async () => {
    list.toggleForm(true);
    submit();
    await settled();
    expect(isOpen()).toBe(false);

    list.toggleForm(true);
    field('name').value = ' mine ';
    field('workers').value = '4';
    field('threads').value = '2';
    field('memory').value = '1.5 GB';
    submit();
    await settled();
    expect(actions.wanted.map(wanted => JSON.parse(JSON.stringify(wanted)) as unknown)).toEqual([
      { kernelspec: 'other' },
      {
        name: 'mine',
        kernelspec: 'other',
        n_workers: 4,
        threads_per_worker: 2,
        memory_limit: '1.5 GB'
      }
    ]);
  });

  test('stays and says why when the server refuses', async () => {
    actions.refusal = new Error("there is a cluster called 'mine' already");
    list.toggleForm(true);
    submit();
    await settled();
    expect(isOpen()).toBe(true);
    const alert = list.node.querySelector<HTMLElement>('[role="alert"]')!;
    expect([alert.hidden, alert.textContent]).toEqual([
      false,
      "there is a cluster called 'mine' already"
    ]);

    list.toggleForm(false);
    list.toggleForm(true);
    expect(alert.hidden).toBe(true);
  });

  test('is not sent twice', async () => {
    list.toggleForm(true);
    submit();
    submit();
    await settled();
    expect(actions.wanted).toHaveLength(1);
  });

  test.each([
    ['name', 'local-1', true],
    ['name', 'Not A Name', false],
    ['name', '-x', false],
    ['workers', '0', false],
    ['workers', '1025', false],
    ['workers', '8', true],
    ['memory', '4 GB', true],
    ['memory', 'auto', true],
    ['memory', '4 bytes', false]
  ])('checks %s: %s', (name, value, isGood) => {
    list.toggleForm(true);
    field(name).value = value;
    expect(field(name).checkValidity()).toBe(isGood);
  });

  test('is put away by Escape, and the focus goes back', () => {
    list.toggleForm(true);
    field('name').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    expect(isOpen()).toBe(false);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('New cluster…');
  });

  test('is offered where nothing runs, and not where nothing answers', () => {
    show();
    const start = list.node.querySelector<HTMLElement>('.jp-TreadleClusters-start')!;
    start.click();
    expect(isOpen()).toBe(true);

    model.setKnowledge('missing');
    MessageLoop.flush();
    const button = list.node.querySelector<HTMLButtonElement>('.jp-TreadleClusters-top button')!;
    expect(button.disabled).toBe(true);
  });
});

describe('the cell that connects', () => {
  interface ICell {
    cell_type: string;
    source: string;
    getSource(): string;
  }

  const cell = (source: string, cell_type = 'code'): ICell => ({
    cell_type,
    source,
    getSource: () => source
  });

  function notebook(active: number, ...cells: ICell[]): { sources(): string[]; it: INotebook } {
    const it = {
      activeCellIndex: active,
      model: {
        sharedModel: {
          cells,
          insertCell: (index: number, made: ICell) => cells.splice(index, 0, cell(made.source))
        }
      }
    };
    return { sources: () => cells.map(one => one.source), it: it };
  }

  test('is written before the active one, after treadle was loaded', () => {
    const { it, sources } = notebook(1, cell('%load_ext treadle'), cell('work()'));
    selectConnection(it, 'local-1');
    expect(sources()).toEqual(['%load_ext treadle', '%cluster connect local-1', 'work()']);
    expect(it.activeCellIndex).toBe(1);
  });

  test('loads treadle where no cell before it does', () => {
    const text = cell('%load_ext treadle', 'markdown');
    const { it, sources } = notebook(1, text, cell('work()'), cell('%load_ext treadle'));
    selectConnection(it, 'local-1');
    expect(sources()[1]).toBe('%load_ext treadle\n%cluster connect local-1');
  });

  test('is selected if it is there', () => {
    const { it, sources } = notebook(0, cell('a'), cell('import treadle\n%cluster connect x '));
    selectConnection(it, 'x');
    expect(sources()).toHaveLength(2);
    expect(it.activeCellIndex).toBe(1);
    selectConnection(it, 'y');
    expect(sources()).toHaveLength(3);
  });

  test('is the first of an empty notebook', () => {
    const { it, sources } = notebook(-1);
    selectConnection(it, 'x');
    expect([sources(), it.activeCellIndex]).toEqual([['%load_ext treadle\n%cluster connect x'], 0]);
  });
});
