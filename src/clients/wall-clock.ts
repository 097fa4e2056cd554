/** Seconds since 1970, the time that processes and clients share. */
export const nowSeconds = (): number => Date.now() / 1000;
