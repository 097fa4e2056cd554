interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Changes of a text at positions of what it was: all that they do not name stays as the user wrote it. */
export class Edits {
  private readonly all: Edit[] = [];

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  /** What is written in place of all from `start` to `end`, if anything. */
  over(start: number, end: number): string | undefined {
    return this.all.find(({ from, to }) => from <= start && end <= to && from < to)?.text;
  }

  put(from: number, to: number, text: string): void {
    this.all.push({ from, to, text });
  }

  insert(at: number, text: string): void {
    this.put(at, at, text);
  }

  /** The part of the text from `start` to `end`, with the changes that lie in it. */
  applyTo(text: string, start = 0, end = text.length): string {
    let [out, last] = ['', start];
    for (const edit of this.all.toSorted((a, b) => a.from - b.from)) {
      if (edit.from < start || edit.to > end) continue;
      out += text.slice(last, edit.from) + edit.text;
      last = Math.max(last, edit.to);
    }
    return out + text.slice(last, end);
  }
}
