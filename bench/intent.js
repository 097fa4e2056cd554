import { alternate, median, spread } from './alternate.js';

const FIGURES = {
  'a builder without raw fragments': 'ns a decision; goal: under 1000',
  'a builder with a raw fragment, compilation included': 'ns a decision',
  'its compilation alone': 'ns',
  'a raw text that is cached, compilation included': 'ns a decision',
  'the compilation of the raw text alone': 'ns',
  'a raw text for the first time': 'ns a decision',
  'heap after 1,000,000 distinct texts': 'MB more than before',
};

/** What deciding what a query is costs. */
export async function intent({ rounds, work }) {
  const names = Object.keys(FIGURES);
  const figures = await alternate(new URL('./intent-figure.js', import.meta.url), names, rounds, {
    share: work,
  });
  const rows = names.map((name) => {
    const own = figures.get(name);
    return [name, `${median(own).toFixed(0)} ± ${spread(own).toFixed(0)} %`, FIGURES[name]];
  });
  return {
    tables: [{ title: 'Deciding what a query is', head: ['what', 'median', 'unit'], rows }],
    raw: Object.fromEntries(figures),
  };
}
