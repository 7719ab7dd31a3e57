// Draws one run: a sentence, and a bar for each group of tasks. Text goes in as text, never as HTML.
// Nodes are made once and then changed, so that an opened list stays open.

const GLYPHS = { running: '▸', finished: '✓', failed: '✗', cancelled: '⊘', interrupted: '⊘' };
const MAX_GROUPS = 8;

function append(parent, tag, style) {
  const node = document.createElement(tag);
  Object.assign(node.style, style);
  parent.appendChild(node);
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function numbers(group) {
  const parts = [`${group.done.toLocaleString('en')}/${group.total.toLocaleString('en')}`];
  if (group.running > 0) {
    parts.push(`${group.running} running`);
  }
  if (group.failed > 0) {
    parts.push(`${group.failed} failed`);
  }
  return parts.join(' · ');
}

function makeRow(table) {
  const node = append(table, 'div', { display: 'contents' });
  const name = append(node, 'span', {
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap'
  });
  const track = append(node, 'div', {
    minWidth: '60px',
    height: '0.6em',
    borderRadius: '0.3em',
    overflow: 'hidden',
    background: 'rgb(128 128 128 / 28%)'
  });
  track.setAttribute('role', 'progressbar');
  const bar = append(track, 'div', { height: '100%' });
  return { node, name, track, bar, numbers: append(node, 'span', { whiteSpace: 'nowrap' }) };
}

function render({ model, el }) {
  const root = append(el, 'div', {
    maxWidth: '760px',
    color: 'var(--jp-ui-font-color1, inherit)',
    fontFamily: 'var(--jp-ui-font-family, inherit)',
    fontSize: 'var(--jp-ui-font-size1, 13px)',
    fontVariantNumeric: 'tabular-nums'
  });
  const details = append(root, 'details');
  details.open = true;
  const head = append(details, 'summary', { lineHeight: '1.8', cursor: 'pointer' });
  const glyph = append(head, 'b', {
    display: 'inline-block',
    width: '1.2em',
    textAlign: 'center'
  });
  glyph.setAttribute('aria-hidden', 'true');
  const line = append(head, 'span');
  const table = append(details, 'div', {
    display: 'grid',
    gridTemplateColumns: 'fit-content(30%) minmax(60px, 1fr) auto',
    gap: '4px 10px',
    alignItems: 'center',
    padding: '0 0 4px 2.2em'
  });
  const more = append(details, 'div', { paddingLeft: '2.2em', opacity: '0.75' });
  const rows = [];

  function update() {
    const view = model.get('view');
    const colours = model.get('colours');
    const groups = (view.groups ?? []).slice(0, MAX_GROUPS);
    const hidden = (view.groups ?? []).length - groups.length;
    setText(glyph, GLYPHS[view.state] ?? '○');
    glyph.style.color = colours.states[view.state] ?? colours.states.waiting;
    setText(line, view.line ?? '');
    while (rows.length > groups.length) {
      rows.pop().node.remove();
    }
    groups.forEach((group, position) => {
      if (position === rows.length) {
        rows.push(makeRow(table));
      }
      const row = rows[position];
      setText(row.name, group.name);
      row.name.title = group.name;
      setText(row.numbers, numbers(group));
      const ended = group.done + group.failed;
      row.track.setAttribute('aria-label', group.name);
      row.track.setAttribute('aria-valuemin', '0');
      row.track.setAttribute('aria-valuemax', String(group.total));
      row.track.setAttribute('aria-valuenow', String(ended));
      row.bar.style.width = `${(100 * ended) / Math.max(group.total, 1)}%`;
      row.bar.style.background =
        group.failed > 0
          ? colours.states.failed
          : colours.categories[position % colours.categories.length];
    });
    setText(more, hidden > 0 ? `${hidden} more group${hidden > 1 ? 's' : ''}` : '');
  }

  update();
  model.on('change:view', update);
  return () => model.off('change:view', update);
}

export default { render };
