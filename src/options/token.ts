/** What cookies and headers may be called (RFC 9110, token). */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
