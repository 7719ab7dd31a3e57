/** Small parts that the side bar is made of. */

import { LabIcon } from '@jupyterlab/ui-components';

export function append<K extends keyof HTMLElementTagNameMap>(
  parent: HTMLElement,
  tag: K,
  className: string
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  return parent.appendChild(node);
}

/** A button that is an icon; its title says what it does. */
export function iconButton(title: string, icon: LabIcon, act: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  icon.element({ container: button, tag: 'span', stylesheet: 'menuItem' });
  button.className = 'jp-TreadleCluster-button';
  button.title = title;
  button.setAttribute('aria-label', title);
  button.addEventListener('click', act);
  return button;
}

/** A button of words. */
export function textButton(label: string, title: string, act: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'jp-TreadleCluster-action';
  button.textContent = label;
  button.title = title;
  button.addEventListener('click', act);
  return button;
}

/** Set a text that assistive technology reads out, only if it is another. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}
