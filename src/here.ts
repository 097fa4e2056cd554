/**
 * The URL of this file, in whichever of the two builds it is. The CommonJS build has another file of this name in its place:
 * see `scripts/build.js`.
 */
// @ts-ignore -- no module format of TypeScript allows it in both builds
export const here: string = import.meta.url;
