import { unproved, write } from './intent.js';

export const REFUSED = write('a slave refused it before');
export const NO_TEXT = unproved('it does not compile to one statement');
export const NO_PARSER = unproved('the SQL parser is not loaded yet', { awaitsCatalogue: true });
export const BACKSLASH = unproved(
  'what its backslashes mean is set on the server (standard_conforming_strings)',
);
