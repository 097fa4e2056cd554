/** The name of a set of engines that was given none. */
export const DEFAULT_SET = 'default';
