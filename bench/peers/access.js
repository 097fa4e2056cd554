/** Peers know no people and no requests: work is only run. */
export const accessOf = (access) => ({
  ...access,
  request: (_person, work) => work(),
  run: (work) => work(),
});
