/** Whether anybody can see the page: a hidden page holds no socket and paints nothing. */

export interface IVisibility {
  readonly hidden: boolean;
  /** Call `listener` at every change; returns what ends it. */
  watch(listener: () => void): () => void;
}

/** The visibility of the page. */
export const pageVisibility: IVisibility = {
  get hidden(): boolean {
    return document.hidden;
  },
  watch(listener: () => void): () => void {
    document.addEventListener('visibilitychange', listener);
    return () => document.removeEventListener('visibilitychange', listener);
  }
};
