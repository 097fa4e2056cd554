/** A register or a list that the clients write and read. */
export interface Subject {
  readonly kind: 'register' | 'list';
  readonly name: string;
  /** A list that has grown long gives way to a fresh one; nothing is checked on it any more. */
  retired: boolean;
}
