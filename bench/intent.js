import { alternate, median, spread } from './alternate.js';
import { intentShare } from './intent-share.js';

const FIGURES = {
  'a builder without raw fragments': 'ns a decision; goal: under 1000',
  'a join in it': 'ns more; goal: at most 1000',
  'a builder with a raw fragment, compilation included': 'ns a decision',
  'its compilation alone': 'ns',
  'a raw text that is cached, compilation included': 'ns a decision',
  'the compilation of the raw text alone': 'ns',
  'a raw text for the first time': 'ns a decision',
  'heap after 1,000,000 distinct texts': 'MB more than before',
};

const SHARES = {
  calls: "PostgreSQL's own functions that it describes, called alone",
  reads: 'realistic statements that only read',
  writes: 'realistic statements that do more; goal: 0',
};

/** What share is decided as a read, and what deciding costs. */
export async function intent({ rounds, work }) {
  const names = Object.keys(FIGURES);
  const figures = await alternate(new URL('./intent-figure.js', import.meta.url), names, rounds, {
    share: work,
  });
  const rows = names.map((name) => {
    const own = figures.get(name);
    return [name, `${median(own).toFixed(0)} ± ${spread(own).toFixed(0)} %`, FIGURES[name]];
  });
  const shares = await intentShare();
  const decided = Object.entries(SHARES).map(([key, what]) => {
    const { of, read } = shares[key];
    return [what, `${read} of ${of}`, `${((100 * read) / of).toFixed(1)} %`];
  });
  return {
    tables: [
      { title: 'What is decided as a read', head: ['of', 'reads', 'share'], rows: decided },
      { title: 'Deciding what a query is', head: ['what', 'median', 'unit'], rows },
    ],
    raw: { ...Object.fromEntries(figures), shares },
  };
}
